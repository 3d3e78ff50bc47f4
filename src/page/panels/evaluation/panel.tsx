import '../../parts/run.css';
import './panel.css';
import { norms } from 'virtual:norms';
import { useSignal, useSignalEffect } from '@preact/signals';
import { number, small } from '../../../teach/numbers.ts';
import { valuesOf } from '../../address/address.ts';
import { useEngine } from '../../engine/client.ts';
import { Bar } from '../../parts/bars.tsx';
import { Check } from '../../parts/check.tsx';
import { Choice, NormChoice, Range } from '../../parts/choice.tsx';
import { Foot } from '../../parts/foot.tsx';
import { Formula } from '../../parts/formula.tsx';
import { MisreadAddress } from '../../parts/misread.tsx';
import { usePanelState } from '../../parts/panelState.ts';
import { Problem } from '../../parts/problem.tsx';
import { Wide } from '../../parts/wide.tsx';
import { Courses } from './courses.tsx';
import { evaluationFields } from './fields.ts';
import formulas from './formulas.tex';
import { type EvaluationView, mostBatch, mostSeen } from './state.ts';
import { Example, Gaps } from './tables.tsx';

/** As many elements as a terminal shows side by side. */
const shownElements = 4;

/** Panel 6: batches stream in, the running statistics follow, and evaluation takes those. */
export function EvaluationPanel() {
  const { state, misread } = usePanelState('evaluation', evaluationFields);
  const all = () => valuesOf(evaluationFields, state);
  const reply = useEngine('evaluation', all);
  const { answer, error } = reply.value;
  const running = useSignal(false);
  useSignalEffect(() => {
    if (!running.value) return;
    if (state.seen.peek() >= mostSeen) state.seen.value = 1;
    const timer = setInterval(() => {
      state.seen.value = Math.min(mostSeen, state.seen.value + 1);
      if (state.seen.value === mostSeen) running.value = false;
    }, 150);
    return () => clearInterval(timer);
  });
  const title = norms.find(({ name }) => name === state.norm.value)!.title;
  return (
    <>
      <p class="lead">
        In training BatchNorm takes the mean and the variance of the batch, and so two values that meet in a
        batch become −1 and +1, whatever they are. In evaluation it takes running statistics, averages over
        the batches that came, and makes other numbers of the same x. The smaller the batch, the more the two
        differ: what the layers behind have learned is about numbers that they never see again.
      </p>
      <MisreadAddress misread={misread} />
      <div class="controls">
        <NormChoice value={state.norm} fits={({ runs }) => runs} />
        <Range label="Batch size" value={state.batch} least={1} most={mostBatch} />
        <Range
          label="Weight w of the new batch"
          value={state.momentum}
          least={0.01}
          most={1}
          step={0.01}
          says={(value) => value.toFixed(2)}
        />
        {state.norm.value === 'batch' && (
          <Choice
            label="Running variance"
            value={state.variance}
            choices={[
              ['unbiased', 'unbiased, / (m − 1)'],
              ['biased', 'biased, / m'],
            ]}
          />
        )}
        <Choice
          label="The layer"
          value={state.layer}
          choices={[
            ['training', 'trains'],
            ['weights', 'γ and β get no gradient'],
            ['frozen', 'is frozen'],
          ]}
        />
      </div>
      <fieldset class="controls run">
        <legend>Batches</legend>
        <button type="button" class="main" onClick={() => (running.value = !running.value)}>
          {running.value ? 'Pause' : 'Run'}
        </button>
        <button
          type="button"
          disabled={state.seen.value >= mostSeen}
          onClick={() => (state.seen.value = state.seen.value + 1)}
        >
          One batch more
        </button>
        <Range label="Batches so far" value={state.seen} least={1} most={mostSeen} />
        <button type="button" onClick={() => (state.seed.value = (state.seed.value + 1) % 1000)}>
          <span aria-hidden="true">⚄ </span>Other batches (seed {state.seed.value})
        </button>
      </fieldset>
      <Formula mathml={formulas.running} label="How a running statistic follows" />
      <Momentum momentum={state.momentum.value} seen={state.seen.value} />
      {error && <Problem>{error}</Problem>}
      {answer && (
        <>
          <Courses courses={answer.courses} state={all()} title={title} />
          <h2>The newest batch, in training and in evaluation</h2>
          <Formula mathml={formulas.both} label="y in training and in evaluation" />
          <Wide label="The newest batch in training and in evaluation">
            <Newest answer={answer} />
          </Wide>
          <ul class="checks">
            <Check holds={answer.gap < 0.1}>
              Training and evaluation of the same x differ by {small(answer.gap)} (root mean square), where y
              has the size 1.
            </Check>
          </ul>
          <Gaps gaps={answer.gaps} batch={state.batch.value} />
          {answer.example && <Example rows={answer.example} />}
          <Foot command={commandFor(state.norm.value, answer)} norms={[state.norm.value]} />
        </>
      )}
    </>
  );
}

/** What the weight is called elsewhere. */
function Momentum({ momentum, seen }: { momentum: number; seen: number }) {
  const left = (1 - momentum) ** seen;
  return (
    <p class="prose">
      PyTorch calls w the momentum: <code>momentum={momentum.toFixed(2)}</code>. Keras and Flax call the
      weight of the old value so: <code>momentum={(1 - momentum).toFixed(2)}</code>. Who takes a number from
      one to the other without 1 − w gets statistics that hardly move, or only those of the last batch. After{' '}
      {seen === 1 ? 'one batch' : `${seen} batches`} the starting value still has{' '}
      {left < 0.0005 ? 'less than 0.1' : (100 * left).toFixed(1)} % of the weight.
    </p>
  );
}

function Newest({ answer }: { answer: EvaluationView }) {
  const rows: [label: string, values: readonly number[], isPrinted: boolean][] = [
    ['x', answer.x, true],
    ['y in training', answer.training, false],
    ['y in evaluation', answer.evaluation, true],
    ['difference', answer.training.map((y, i) => y - answer.evaluation[i]), false],
  ];
  const scale = Math.max(...rows.slice(1).flatMap(([, values]) => values.map(Math.abs))) || 1;
  return (
    <table class="bars">
      <tbody>
        {rows.map(([label, values, isPrinted], i) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {values.slice(0, shownElements).map((value, k) => (
              <td key={k}>
                <Bar value={value} scale={i === 0 ? 10 : scale} />
                <span class={isPrinted ? 'digits' : 'value'}>{number(value)}</span>
              </td>
            ))}
            <td class="remark">
              {values.length > shownElements && `and ${values.length - shownElements} more`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Evaluation of the same x with the same statistics. */
function commandFor(norm: string, { x, running }: EvaluationView): string {
  const given = running.length > 0 ? ` --running ${running.join(',')}` : '';
  return `normgrad explain ${norm} --x ${x.join(',')} --mode eval${given}`;
}
