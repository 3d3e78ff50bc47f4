import { type Signal, useSignal } from '@preact/signals';
import { useEngine } from '../engine/client.ts';

/** What has been opened of a run of one's own: a trace, or why the file is none. */
export function useTrace(file: Signal<File | null>) {
  return useEngine('openTrace', () => file.value);
}

/** A file of `train --trace`, dropped here or chosen. It is read in this page and goes nowhere. */
export function OpenTrace({ file }: { file: Signal<File | null> }) {
  const over = useSignal(false);
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    over.value = false;
    file.value = event.dataTransfer?.files[0] ?? file.value;
  };
  return (
    <fieldset
      class={`open-trace ${over.value ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={dropped}
    >
      <legend>A run of your own</legend>
      <p>
        <code>normgrad train --dataset synthetic --norm batch --trace trace.json</code> writes a trace. Drop
        it here, or{' '}
        <label>
          choose it:{' '}
          <input
            type="file"
            accept=".json,application/json"
            onChange={({ currentTarget }) => (file.value = currentTarget.files?.[0] ?? null)}
          />
        </label>{' '}
        It stays on this machine.
      </p>
    </fieldset>
  );
}
