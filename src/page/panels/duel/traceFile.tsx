import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEngine } from '../../engine/client.ts';
import { Problem } from '../../parts/problem.tsx';
import type { SideView } from './view.ts';

/** More has no trace (src/train/trace/format.ts), and no page should read. */
const mostBytes = 50_000_000;

interface Props {
  letter: string;
  /** What is drawn in place of the side; null: the side itself. */
  file: Signal<SideView | null>;
}

/** A trace of a run of one's own, chosen or dropped here. What is no trace is said, and changes nothing. */
export function TraceFile({ letter, file }: Props) {
  const text = useSignal<string | null>(null);
  const problem = useSignal<string | null>(null);
  const reply = useEngine('trace', () => (text.value === null ? null : { text: text.value }));
  useSignalEffect(() => {
    const { answer, error } = reply.value;
    if (text.peek() === null) return;
    file.value = answer;
    problem.value = error;
  });
  const open = async (chosen: File | undefined) => {
    if (!chosen) return;
    problem.value = null;
    if (chosen.size > mostBytes) problem.value = `${chosen.name} is too large for a trace.`;
    else text.value = await chosen.text();
  };
  const close = () => {
    text.value = null;
    file.value = null;
  };
  return (
    <fieldset
      class="trace"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer?.files[0]);
      }}
    >
      <legend>In place of {letter}, a run of your own</legend>
      <label class="field">
        <span>
          What <code>normgrad train --trace FILE</code> wrote: choose it, or drop it here
        </span>
        <input
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget }) => void open(currentTarget.files?.[0])}
        />
      </label>
      {file.value && (
        <button type="button" class="small" onClick={close}>
          Back to the network
        </button>
      )}
      {problem.value !== null && <Problem>{problem.value}</Problem>}
    </fieldset>
  );
}
