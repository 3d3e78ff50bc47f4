import '../../parts/run.css';
import './panel.css';
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { valuesOf } from '../../address/address.ts';
import { useEngine } from '../../engine/client.ts';
import { Choice, NormChoice, Range } from '../../parts/choice.tsx';
import { Foot } from '../../parts/foot.tsx';
import { Lines } from '../../parts/lines.tsx';
import { MisreadAddress } from '../../parts/misread.tsx';
import { useTrace } from '../../parts/openTrace.tsx';
import { usePanelState } from '../../parts/panelState.ts';
import { Problem } from '../../parts/problem.tsx';
import { commandOf, firstSteps, mostSteps } from './config.ts';
import { configFields, duelFields } from './fields.ts';
import { SidePicture, titleOf } from './side.tsx';
import { sideOf } from './trace.ts';

const rates = [1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];
/** A loss that explodes would leave no room for the others. */
const highest = 100;
/** Of guessing one of ten digits. */
const guessing = Math.log(10);

/** Panel 5: two networks that differ in their norm alone, trained side by side. */
export function DuelPanel() {
  const { state, misread } = usePanelState('duel', duelFields);
  const running = useSignal(false);
  const config = useComputed(() => valuesOf(configFields, state));
  const reply = useEngine('duel', () => ({
    ...config.value,
    until: running.value ? mostSteps : state.steps.value,
  }));
  const { answer, error } = reply.value;
  // The address has the step at which both stand; a pause may come some steps later than it was asked for.
  useSignalEffect(() => {
    const { answer, settled } = reply.value;
    if (!answer || (!running.value && answer.steps < state.steps.peek())) return;
    state.steps.value = answer.steps;
    if (running.value && settled) running.value = false;
  });
  const traces = [useTraceSide(), useTraceSide()];
  const sides = answer?.sides.map((side, i) => traces[i].side ?? side);

  const step = () => {
    running.value = false;
    state.steps.value = Math.min(state.steps.value + 1, mostSteps);
  };
  const reset = () => {
    running.value = false;
    state.steps.value = firstSteps;
  };
  const toggle = () => (running.value = !running.value);
  const raise = () => (state.lr.value = Number((state.lr.value * 10).toPrecision(3)));
  const dice = () => (state.seed.value = 1 + ((state.seed.value * 7919 + 12345) % 9999));
  const keys: Record<string, () => void> = { r: toggle, s: step, b: reset };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    keys[event.key.toLowerCase()]?.();
  };
  const shownNorms = [state.a.value, state.b.value].filter((norm) => norm !== 'none');
  return (
    <>
      <p class="lead">
        Two networks begin with the same weights and see the same batches of 500 drawn digits; only the norm
        is not the same. Each step is one forward and one backward pass. A norm gives every layer inputs of
        one size, whatever the weights do, and so the gradients stay of one size, too: look at the bars. Then
        take ten times the learning rate.
      </p>
      <MisreadAddress misread={misread} />
      <div class="controls">
        <NormChoice label="Norm of A" value={state.a} also={['none']} />
        <NormChoice label="Norm of B" value={state.b} also={['none']} />
        <Range label="Hidden layers" value={state.depth} least={1} most={12} />
        <Choice label="Width" value={state.width} choices={['16', '32', '64']} />
        <Range label="Batch size" value={state.batch} least={1} most={128} />
        <Rate value={state.lr.value} onInput={(lr) => (state.lr.value = lr)} />
        <Choice
          label="Optimizer"
          value={state.optimizer}
          choices={[
            ['sgd', 'SGD, momentum 0.9'],
            ['adam', 'Adam'],
          ]}
        />
      </div>
      <fieldset class="controls run" onKeyDown={onKeyDown}>
        <legend>Training (keys while the focus is in here: R run, S step, B back)</legend>
        <button type="button" class="main" onClick={toggle}>
          {running.value ? 'Pause' : 'Run'}
        </button>
        <button type="button" onClick={step}>
          One step
        </button>
        <button type="button" onClick={reset}>
          Back to step {firstSteps}
        </button>
        <button type="button" onClick={raise} disabled={state.lr.value > 100}>
          Learning rate × 10
        </button>
        <button type="button" onClick={dice}>
          <span aria-hidden="true">⚄ </span>Other weights (seed {state.seed.value})
        </button>
        <span class="step">
          step {answer?.steps ?? 0}
          {answer && `, epoch ${Math.max(1, Math.ceil(answer.steps / answer.perEpoch))}`}
        </span>
      </fieldset>
      {error && <Problem>{error}</Problem>}
      {sides && (
        <>
          <Lines
            label={`Loss of each step (logarithmic, up to ${highest})`}
            log
            lines={sides.map(({ curve, title }, i) => ({
              name: `${'AB'[i]}: ${titleOf(title)}`,
              look: i === 0 ? ('one' as const) : ('two' as const),
              points: Array.from(
                curve.losses,
                (loss, k) => [curve.steps[k], Math.min(loss, highest)] as const,
              ),
            }))}
            most={Math.max(firstSteps, ...sides.map(({ curve }) => curve.steps.at(-1) ?? 0))}
            along="steps"
            levels={[{ value: guessing, name: 'guessing, ln 10' }]}
          />
          <div class="sides">
            {sides.map((side, i) => (
              <SidePicture
                key={i}
                letter={'AB'[i]}
                side={side}
                file={traces[i].file}
                problem={traces[i].problem}
              />
            ))}
          </div>
        </>
      )}
      <p class="prose">
        The last column is the gradient of a bias that is added before the norm. Where the norm takes the mean
        over the batch away, as BatchNorm does, the bias changes nothing, and its gradient is 0 but for
        rounding. Without a norm it is as large as other gradients.
      </p>
      <Foot
        command={[state.a.value, state.b.value].map((norm, i) =>
          commandOf(norm, config.value, answer?.sides[i].epochs.length ?? 1),
        )}
        norms={shownNorms}
      />
    </>
  );
}

/** A run of one's own in place of a side. */
function useTraceSide() {
  const file = useSignal<File | null>(null);
  const { answer, error } = useTrace(file).value;
  const isOpen = file.value !== null;
  return { file, side: isOpen && answer ? sideOf(answer) : null, problem: isOpen ? error : null };
}

/** A learning rate, by thirds of a decade. */
function Rate({ value, onInput }: { value: number; onInput(rate: number): void }) {
  const distance = (rate: number) => Math.abs(Math.log(rate / value));
  const nearest = rates.reduce((best, rate, i) => (distance(rate) < distance(rates[best]) ? i : best), 0);
  return (
    <label class="field">
      <span>
        Learning rate <b aria-hidden="true">{value}</b>
      </span>
      <input
        type="range"
        min={0}
        max={rates.length - 1}
        value={nearest}
        aria-valuetext={String(value)}
        onInput={({ currentTarget }) => onInput(rates[Number(currentTarget.value)])}
      />
    </label>
  );
}
