import { norms } from 'virtual:norms';
import { type Signal, useSignal } from '@preact/signals';
import { number, small } from '../../../teach/numbers.ts';
import type { NormTape } from '../../../teach/tape.ts';
import { valuesOf } from '../../address/address.ts';
import { useEngine } from '../../engine/client.ts';
import { SliderRow } from '../../parts/bars.tsx';
import { Check } from '../../parts/check.tsx';
import { Choice, NormChoice } from '../../parts/choice.tsx';
import { explainCommand } from '../../parts/explainCommand.ts';
import { Foot } from '../../parts/foot.tsx';
import { MisreadAddress } from '../../parts/misread.tsx';
import { OpenTrace, useTrace } from '../../parts/openTrace.tsx';
import { usePanelState } from '../../parts/panelState.ts';
import { Problem } from '../../parts/problem.tsx';
import { Wide } from '../../parts/wide.tsx';
import { pathsFields } from '../paths/fields.ts';
import { Details } from './details.tsx';
import { END, FOLLOW, tapeFields } from './fields.ts';
import { Graph } from './graph.tsx';
import { momentOf } from './moment.ts';
import { RunTape } from './runTape.tsx';
import { Stepper } from './stepper.tsx';
import { Written } from './written.tsx';
import './panel.css';

const words = ['none', 'one', 'two', 'three', 'four'];

/** Panel 4: autograd's graph of a norm, operation by operation, beside the backward that is written by hand. */
export function TapePanel() {
  const { state, misread } = usePanelState('tape', tapeFields);
  const numbers = () => valuesOf(pathsFields, state);
  const { answer, error } = useEngine('tape', numbers).value;
  const file = useSignal<File | null>(null);
  const own = useTrace(file).value;
  const facts = norms.find(({ name }) => name === state.norm.value)!;
  const count = answer?.backward.flatMap(({ sends }) => sends.filter(({ to }) => to === 0)).length ?? 3;
  return (
    <>
      <p class="lead">
        To autograd a norm is a handful of small operations. Backward it takes them in the opposite order, and
        each hands its gradient to what it was computed from. Here x goes into {words[count]}
        {count === 1
          ? ' of them: the statistics are constants, and one gradient is all of dx'
          : ' of them, so '}
        {count > 1 && `${words[count]} gradients come back to it, and dx is their sum`}. The backward that is
        written by hand has a line for each, and arrives at the same number.
      </p>
      <MisreadAddress misread={misread} />
      <div class="controls">
        <NormChoice value={state.norm} fits={({ standard }) => standard} />
        {facts.runs && (
          <Choice
            label="Mode"
            value={state.mode}
            choices={[
              ['train', 'training'],
              ['eval', 'evaluation'],
            ]}
          />
        )}
        {facts.detaches && (
          <Choice
            label="Constants in the backward pass"
            value={state.detach}
            choices={[
              ['none', 'none'],
              ...(facts.centred ? ([['mean', 'μ']] as const) : []),
              ['variance', 'v'],
              ...(facts.centred ? ([['both', 'both']] as const) : []),
            ]}
          />
        )}
      </div>
      <details>
        <summary>Change the numbers</summary>
        <Wide label="x and dy">
          <table class="bars">
            <tbody>
              <SliderRow label="x" values={state.x.value} scale={8} onInput={(x) => (state.x.value = x)} />
              <SliderRow
                label="dy"
                values={state.dy.value}
                scale={2}
                onInput={(dy) => (state.dy.value = dy)}
              />
            </tbody>
          </table>
        </Wide>
      </details>
      {error && <Problem>{error}</Problem>}
      {answer && <Both tape={answer} step={state.step} node={state.node} />}
      <Foot command={explainCommand(numbers())} norms={[state.norm.value]} />
      <OpenTrace file={file} />
      {file.value && own.error && <Problem>{own.error}</Problem>}
      {file.value && own.answer && <RunTape trace={own.answer} name={file.value.name} />}
    </>
  );
}

interface BothProps {
  tape: NormTape;
  step: Signal<number>;
  /** FOLLOW: the one that was computed last. */
  node: Signal<number>;
}

/** The graph and the written lines, after so many operations. */
function Both({ tape, step, node }: BothProps) {
  const moment = momentOf(tape, step.value);
  // At the end x, in which everything comes together.
  const last = moment.step === moment.steps ? 0 : (moment.node ?? 0);
  const looked = node.value < tape.nodes.length ? node.value : last;
  const go = (to: number) => {
    step.value = Math.max(0, to >= moment.steps ? END : to);
    node.value = FOLLOW;
  };
  return (
    <>
      <Stepper tape={tape} moment={moment} go={go} />
      <div class="tape-both">
        <section aria-label="Autograd's graph">
          <h2>As autograd does it</h2>
          <p class="tape-note">a node: its numbers, and below, after ∂, the gradient that has come back</p>
          <Graph tape={tape} moment={moment} looked={looked} onLook={(at) => (node.value = at)} />
        </section>
        <div>
          <Details tape={tape} moment={moment} node={looked} />
          <Written tape={tape} moment={moment} />
        </div>
      </div>
      <Ends tape={tape} />
    </>
  );
}

/** Both gradients side by side, and what differences of the loss say. */
function Ends({ tape: { dx, difference, check } }: { tape: NormTape }) {
  const rows = [
    ['dx by autograd, the sum of what arrives at x', dx.composed],
    ['dx as it is written', dx.written],
    ['by differences of the loss, no formula', dx.numeric],
  ] as const;
  return (
    <>
      <Wide label="dx by three ways">
        <table class="tape-ends">
          <tbody>
            {rows.map(([label, values]) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {values.map((value, i) => (
                  <td key={i} class="digits">
                    {number(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      <ul class="checks">
        <Check holds={difference < 1e-12}>
          Autograd and the written backward agree{' '}
          {difference === 0
            ? 'to the last bit.'
            : `to rounding: of numbers with 16 digits the largest difference is ${small(difference)}.`}
        </Check>
        <Check holds={check.passed}>
          Differences of the loss say the same; largest difference{' '}
          <span class="digits">{small(check.maxDiff)}</span>
          {!check.passed &&
            ': a statistic that counts as a constant moves with x all the same, and this dx is wrong'}
        </Check>
      </ul>
    </>
  );
}
