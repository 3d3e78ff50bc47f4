import type { NormTape } from '../../../teach/tape.ts';
import type { Moment } from './moment.ts';
import { formulaOf, short } from './words.ts';

interface StepperProps {
  tape: NormTape;
  moment: Moment;
  go(step: number): void;
}

/** Forward and back, operation by operation: by buttons, by the slider, and by the arrow keys on it. */
export function Stepper({ tape, moment, go }: StepperProps) {
  const { step, steps } = moment;
  const says = saysOf(tape, moment);
  return (
    <div class="tape-stepper">
      <div class="tape-buttons">
        <button type="button" onClick={() => go(0)} disabled={step === 0} aria-label="To the start">
          |←
        </button>
        <button type="button" onClick={() => go(step - 1)} disabled={step === 0}>
          ← Step back
        </button>
        <button type="button" onClick={() => go(step + 1)} disabled={step === steps}>
          Step on →
        </button>
        <button type="button" onClick={() => go(steps)} disabled={step === steps} aria-label="To the end">
          →|
        </button>
      </div>
      <label class="field">
        <span>
          Operation{' '}
          <output>
            {step} of {steps}
          </output>
        </span>
        <input
          type="range"
          min={0}
          max={steps}
          value={step}
          aria-valuetext={`${step} of ${steps}: ${says}`}
          onInput={({ currentTarget }) => go(Number(currentTarget.value))}
        />
      </label>
      <p role="status">{says}</p>
    </div>
  );
}

function saysOf({ nodes, backward }: NormTape, { step, steps, node, isBackward }: Moment): string {
  if (node === null) return 'Nothing has been computed yet: here are x and what is learned.';
  const own = nodes[node];
  if (!isBackward) return `Forward: ${short(own)} = ${formulaOf(own, nodes)}.`;
  const { sends } = backward[step - 1 - (steps - backward.length)];
  const to = sends.map((each) => nodes[each.to].label).join(' and to ');
  return `Backward: ${own.label} hands its gradient on to ${to}.${step === steps ? ' That was the last: dx is complete.' : ''}`;
}
