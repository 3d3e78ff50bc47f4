import { small } from '../../../teach/numbers.ts';
import type { Summary, Tape, Trace } from '../../../train/trace/format.ts';
import { Wide } from '../../parts/wide.tsx';
import { type Verdict, verdictOf } from './verdict.ts';

/** The tape of a run of one's own: every operation of one step, its numbers and its gradient in short. */
export function RunTape({ trace, name }: { trace: Trace; name: string }) {
  const { run, tape } = trace;
  return (
    <section aria-label="The tape of your run">
      <h2>{name}</h2>
      <p>
        {run.dataset}, {run.model}, norm {run.norm}, {run.optimizer} with lr {run.lr}, batch {run.batchSize},
        seed {run.seed}.
      </p>
      {tape ? (
        <Operations trace={trace} tape={tape} />
      ) : (
        <p>
          It has no tape: the run ended before the step of <code>--trace-step</code>.
        </p>
      )}
    </section>
  );
}

function Operations({ trace, tape }: { trace: Trace; tape: Tape }) {
  const verdict = verdictOf(tape);
  const types = new Map(trace.layers.map(({ path, type }) => [path, type]));
  return (
    <>
      <p>
        Step {tape.step}, {tape.operations.length} operations in the order in which they were computed; the
        gradient came from the last one up. {verdict.says}
        {tape.leftOut > 0 && ` ${tape.leftOut} more had no room in the file.`}
      </p>
      <Wide label="Operations of the step">
        <table class="tape-run">
          <thead>
            <tr>
              <th scope="col">operation</th>
              <th scope="col">shape</th>
              <th scope="col">data: mean ± std</th>
              <th scope="col">gradient: its norm</th>
              <th scope="col">
                <span class="tape-hidden">remark</span>
              </th>
            </tr>
          </thead>
          {groupsOf(tape).map(({ module, from, to }) => (
            <tbody key={from}>
              <tr>
                <th scope="rowgroup" colSpan={5}>
                  {module === '' ? 'the network and its loss' : `${module} ${types.get(module) ?? ''}`}
                </th>
              </tr>
              {tape.operations.slice(from, to).map((operation, i) => (
                <OperationRow key={i} at={from + i} operation={operation} remark={verdict.remark(from + i)} />
              ))}
            </tbody>
          ))}
        </table>
      </Wide>
    </>
  );
}

interface OperationProps {
  at: number;
  operation: Tape['operations'][number];
  remark: ReturnType<Verdict['remark']>;
}

function OperationRow({ at, operation: { name, shape, data, gradient }, remark }: OperationProps) {
  return (
    <tr class={remark?.kind}>
      <th scope="row">
        {at} {name}
      </th>
      <td>{shape.length === 0 ? 'one number' : shape.join('×')}</td>
      <td>
        {data.size > 1 && <Histogram of={data} />}
        {data.size > 1 ? `${small(data.mean)} ± ${small(data.std)}` : small(data.mean)}
      </td>
      <td>
        {gradient ? (
          <>
            {gradient.size > 1 && <Histogram of={gradient} />}
            {small(gradient.norm)}
          </>
        ) : (
          '–'
        )}
      </td>
      <td>{remark?.says}</td>
    </tr>
  );
}

/** How the numbers are spread between the smallest and the largest. */
function Histogram({ of: { bins, min, max } }: { of: Summary }) {
  const most = Math.max(1, ...bins);
  const bars = bins.map((count, i) => `M${i * 3} 20v${-20 * (count / most)}h2.4V20z`);
  return (
    <svg class="tape-bins" viewBox="0 0 60 20" width="60" height="20">
      <title>{`from ${small(min)} to ${small(max)}`}</title>
      <path d={bars.join('')} />
    </svg>
  );
}

/** Operations that follow each other in one module. */
function groupsOf({ operations }: Tape): { module: string; from: number; to: number }[] {
  const groups: { module: string; from: number; to: number }[] = [];
  operations.forEach(({ module }, i) => {
    const last = groups.at(-1);
    if (last?.module === module) last.to = i + 1;
    else groups.push({ module, from: i, to: i + 1 });
  });
  return groups;
}
