import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { bytesText } from '../../errors.ts';
import { most, type Trace } from '../../train/trace/format.ts';
import { readTrace, TraceError } from '../../train/trace/read.ts';
import type { Reply } from '../engine/client.ts';
import './openTrace.css';

/**
 * What has been opened of a run of one's own: a trace, looked through before anything of it is shown, or why the file is none. Read
 * here and not by the engine, which has no other use for schemas: they are loaded once.
 */
export function useTrace(file: Signal<File | null>): ReadonlySignal<Reply<Trace>> {
  const reply = useSignal<Reply<Trace>>({ answer: null, error: null, settled: true });
  useSignalEffect(() => {
    const chosen = file.value;
    if (chosen === null) {
      reply.value = { answer: null, error: null, settled: true };
      return;
    }
    let isNewest = true;
    opened(chosen).then((found) => {
      if (isNewest) reply.value = { answer: null, error: null, ...found, settled: true };
    });
    return () => {
      isNewest = false;
    };
  });
  return reply;
}

async function opened(file: File): Promise<{ answer: Trace } | { error: string }> {
  try {
    if (file.size > most.bytes) {
      const sizes = `It has ${bytesText(file.size)}, and a trace has ${bytesText(most.bytes)} at most.`;
      throw new TraceError(sizes);
    }
    return { answer: readTrace(await file.text()) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { error: `“${file.name.slice(0, 60)}” cannot be shown. ${why}` };
  }
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
