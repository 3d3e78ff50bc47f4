import { small } from '../../../teach/numbers.ts';
import { Check } from '../../parts/check.tsx';
import { named } from '../../parts/highlight.ts';
import { Lines } from '../../parts/lines.tsx';
import { type Course, type EvaluationState, truth } from './state.ts';

const words: Readonly<Record<string, string>> = {
  mean: 'mean',
  var: 'variance',
  std: 'standard deviation',
  scale: 'scale (the mean distance from the mean, made comparable)',
};

/** Of what the batches are drawn from. */
const truths: Readonly<Record<string, number>> = { mean: truth.mean, var: truth.std ** 2, std: truth.std };

interface Props {
  courses: readonly Course[];
  state: EvaluationState;
  title: string;
}

/** Each running statistic over the batches, and whether it follows the formula. */
export function Courses({ courses, state, title }: Props) {
  if (courses.length === 0) {
    return (
      <p class="prose">
        {title} keeps no running statistics unless it is told to: evaluation, too, takes those of its input,
        and so there is nothing that could differ.
      </p>
    );
  }
  return (
    <>
      <div class="pair">
        {courses.map((course) => (
          <Picture key={course.name} course={course} state={state} />
        ))}
      </div>
      <ul class="checks">
        {courses.map((course) => (
          <Formula key={course.name} course={course} state={state} />
        ))}
      </ul>
      {state.layer === 'weights' && (
        <p class="prose">
          This is the “frozen” layer that still moves: <code>requires_grad = False</code> (or{' '}
          <code>requiresGrad = false</code>) stops γ and β, but running statistics have no gradient to stop.
          They follow every batch that comes in training mode, and evaluation changes with them.{' '}
          <code>freeze()</code> stops both; in PyTorch that layer is put into <code>eval()</code>, in Keras{' '}
          <code>trainable = False</code> does it.
        </p>
      )}
    </>
  );
}

function Picture({ course, state }: { course: Course; state: EvaluationState }) {
  const { name, start, batch, running } = course;
  const kind = kindOf(name);
  const along = (values: readonly number[]) => values.map((value, i) => [i + 1, value] as const);
  const levels = kind in truths ? [{ value: truths[kind], name: `of all data: ${truths[kind]}` }] : [];
  return (
    <Lines
      label={`The ${words[kind] ?? name}`}
      lines={[
        { name: 'of each batch', look: 'one', dots: true, points: along(batch) },
        { name: 'running', look: 'two', points: [[0, start], ...along(running)] },
      ]}
      levels={levels}
      most={Math.max(10, state.seen)}
      along="batches"
    />
  );
}

/** The last step of the statistic, in numbers. */
function Formula({ course, state }: { course: Course; state: EvaluationState }) {
  const { name, batch, start, running, offBy } = course;
  const { momentum, layer } = state;
  const now = running.at(-1)!;
  const holds = offBy <= 1e-9 * Math.max(1, Math.abs(now));
  const difference = <> Largest difference over all batches: {small(offBy)}.</>;
  if (layer === 'frozen') {
    return (
      <Check holds={holds}>
        {name} stays at {now.toFixed(4)}: training takes the running statistics, too.{difference}
      </Check>
    );
  }
  const old = running.at(-2) ?? start;
  return (
    <Check holds={holds}>
      {name}: <span {...named('running')}>{now.toFixed(4)}</span> = {(1 - momentum).toFixed(2)} ·{' '}
      {old.toFixed(4)} + {momentum.toFixed(2)} · <span {...named('ofbatch')}>{batch.at(-1)!.toFixed(4)}</span>
      , as the formula says.
      {difference}
    </Check>
  );
}

/** `var` of runningVar. */
function kindOf(name: string): string {
  return name.replace(/^.*running/, '').toLowerCase();
}
