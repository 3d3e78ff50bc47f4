import { setImmediate } from 'node:timers/promises';

/** Says, whenever it is asked, whether so many milliseconds have gone by since it last said so, or since the start. */
export function everyMs(ms: number): () => boolean {
  let last = performance.now();
  return () => {
    if (performance.now() - last < ms) return false;
    last = performance.now();
    return true;
  };
}

/** Shorter than the 50 ms within which Ctrl-C and progress must get their turn, by the length of a usual step. */
const LONGEST_MS = 20;

let last = 0;

/** Lets the event loop run if a long job has kept it for a while. Call it between steps; it costs next to nothing. */
export async function letEventsRun(): Promise<void> {
  if (performance.now() - last < LONGEST_MS) return;
  await setImmediate();
  last = performance.now();
}
