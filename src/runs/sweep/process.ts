import { type Fatal, fatalOf } from './fatal.ts';
import { type WorkerEvent, type WorkerOptions, workThrough } from './worker.ts';

/** What a worker process tells its parent: `ready` comes first, and `fatal` is an error that would be every run's. */
export type ProcessEvent = WorkerEvent | { type: 'ready' } | { type: 'fatal'; error: Fatal };

/** What the parent tells it. */
export type ParentMessage = { folder: string; options: WorkerOptions } | 'stop';

/**
 * A worker as a process of its own, which run.ts forks. It stops after its step, with a checkpoint, when its parent says
 * so or is gone; Ctrl-C, and the end of the terminal, it leaves to the parent.
 */
const controller = new AbortController();
const stop = () => controller.abort();
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', stop);
process.on('disconnect', stop);
process.on('message', (message: ParentMessage) => {
  if (message === 'stop') stop();
  // Of a parent that was gone before this process could hear of it.
  else if (process.connected) work(message.folder, message.options);
});
// Nobody is left who would read it.
process.stderr.on('error', () => {});

/** Its parent may be gone already: then nobody needs to be told, and the run still gets its checkpoint. */
const send = (event: ProcessEvent) => {
  if (process.connected) process.send!(event, undefined, undefined, () => {});
};

async function work(folder: string, options: WorkerOptions): Promise<void> {
  send({ type: 'ready' });
  try {
    await workThrough(folder, options, { signal: controller.signal, onEvent: send });
  } catch (error) {
    const fatal = fatalOf(error);
    if (fatal === undefined) throw error;
    send({ type: 'fatal', error: fatal });
  }
  // Without its channel nothing keeps the process.
  if (process.connected) process.disconnect();
}
