import { useSignal } from '@preact/signals';
import { atQuestion } from '../address/address.ts';
import { steps } from './steps.ts';
import './strip.css';

/** One step of the guided path, above the panel that it is about. */
export function Strip({ at }: { at: number }) {
  const { question, asked, task, answer } = steps[at];
  const shown = useSignal(false);
  return (
    <section class="strip" aria-label="The path">
      <p class="where">
        Question {at + 1} of {steps.length} <small>asked: {asked}</small>
      </p>
      <p class="question">{question}</p>
      <p>
        <strong>Do:</strong> {task}
      </p>
      <p>
        <button
          type="button"
          aria-expanded={shown.value}
          onClick={() => {
            shown.value = !shown.value;
          }}
        >
          {shown.value ? 'Hide what it shows' : 'What does it show?'}
        </button>
      </p>
      <p aria-live="polite">{shown.value && answer}</p>
      <p class="ways">
        {at > 0 && <a href={addressOfQuestion(at - 1)}>← Back</a>}
        {at < steps.length - 1 && <a href={addressOfQuestion(at + 1)}>Next question →</a>}
        {at === steps.length - 1 && <a href="#/exercise">Now write the missing line →</a>}
      </p>
    </section>
  );
}

/** The state of the step's panel, and which step it is. */
export function addressOfQuestion(at: number): string {
  return atQuestion(steps[at].address, at + 1);
}
