import { createInterface } from 'node:readline';

/** Thrown by a peer for a case that it cannot do: the message says why. */
export class NotThere extends Error {}

/**
 * A side of the bench that lives in a process of Node: reads one JSON request per line and answers with one line, as
 * ../torchWorker.py does, which says what the requests are. `make` returns the run of a case, or a promise of it; a run of a
 * training step returns its loss.
 */
export async function serve(version, make) {
  const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  let run;
  say({ ready: version });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.make) {
      try {
        run = await make(request.make, request.start);
        say({ ok: true });
      } catch (error) {
        if (!(error instanceof NotThere)) throw error;
        say({ missing: error.message });
      }
    } else if (request.losses) {
      const losses = [];
      for (let i = 0; i < request.losses; i++) losses.push(await run());
      say({ losses });
    } else say({ ms: await time(run, request.run) });
  }
  // Threads that wait for work would keep the process
  process.exit(0);
}

/** Repeats `run` for about `seconds`; milliseconds of every repetition. */
async function time(run, seconds) {
  const times = [];
  const end = performance.now() + seconds * 1e3;
  do {
    const start = performance.now();
    const result = run();
    if (result instanceof Promise) await result;
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}
