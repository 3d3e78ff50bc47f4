import { JOB, JOB_STRIDE, LINE, MESSAGE_LENGTH, WORD } from './control.ts';

/**
 * How long a worker looks for the next job before it sleeps, in milliseconds: longer than the stretches of a training step
 * that run on the main thread alone. A sleeper costs the next job 25 to 200 us (and until the system has moved it to a core
 * of its own, it takes the main thread's), so it should sleep only when the program is busy elsewhere or idle.
 */
const SPIN_MILLISECONDS = 2;

/**
 * The program of a worker: plain JavaScript as text, so that no file path, loader or bundler matters. It gets
 * `data = { memory, control, thread }` and never returns: it spins, sleeps, and works on open jobs.
 *
 * A worker enters a job by counting itself active and then looking at the epoch once more. The main thread
 * closes a job by making the epoch even and then waiting for no active worker. So a worker that wakes late
 * finds the job closed and leaves, and the main thread, which takes parts itself, never waits for sleepers.
 */
export const workerSource = `
const { memory, control, thread } = data;
const words = new Int32Array(control);
const numbers = new Float64Array(control);
const kernels = [];

function instantiateNew() {
  const count = Atomics.load(words, ${WORD.modules});
  while (kernels.length < count) {
    const entry = ${WORD.table} + 2 * kernels.length;
    // slice copies out of the shared memory, which WebAssembly.Module does not read.
    const bytes = new Uint8Array(memory.buffer, words[entry] >>> 0, words[entry + 1]).slice();
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, { env: { memory, thread } });
    kernels.push(WebAssembly.Module.exports(module).map(({ name }) => exports[name]));
  }
}

function nextEpoch(seen) {
  let epoch = Atomics.load(words, ${WORD.epoch});
  let rounds = 0;
  let end = 0;
  while ((epoch & 1) === 0 || epoch === seen) {
    if ((++rounds & 255) === 0) {
      const now = performance.now();
      if (end === 0) end = now + ${SPIN_MILLISECONDS};
      else if (now > end) {
        Atomics.add(words, ${WORD.sleeping}, 1);
        Atomics.wait(words, ${WORD.epoch}, epoch);
        Atomics.sub(words, ${WORD.sleeping}, 1);
        end = 0;
      }
    }
    epoch = Atomics.load(words, ${WORD.epoch});
  }
  return epoch;
}

/** For each number of arguments a list that all jobs use: new ones would fill the memory that the job's own data needs. */
const argumentLists = [];

function work(job, threads, counts) {
  const run = kernels[words[job]][words[job + ${JOB.function}]];
  const firstArgument = (job + ${JOB.arguments}) / 2;
  const count = words[job + ${JOB.argumentCount}];
  const args = argumentLists[count] ??= new Array(count + 2).fill(undefined);
  for (let i = 0; i < count; i++) args[i + 2] = numbers[firstArgument + i];
  const grain = words[job + ${JOB.grain}];
  const items = words[job + ${JOB.items}];
  for (let k = 0; k < threads; k++) {
    const range = job + ${JOB.ranges} + ((thread + k) % threads) * ${LINE};
    const end = words[range + 1];
    let left = end - Atomics.load(words, range);
    while (left > 0) {
      const claim = (left + 1) >> 1;
      const first = Atomics.add(words, range, claim);
      if (first >= end) break;
      const past = Math.min(first + claim, end);
      args[0] = first * grain;
      args[1] = Math.min(past * grain, items);
      run.apply(undefined, args);
      if (counts) Atomics.add(words, job + ${JOB.done}, past - first);
      left = end - Atomics.load(words, range);
    }
  }
}

/** Waits for the others' parts of a job; false where that is in vain, since one has failed or the main thread gave up. */
function finished(job, epoch) {
  const parts = Math.ceil(words[job + ${JOB.items}] / words[job + ${JOB.grain}]);
  let rounds = 0;
  let end = 0;
  let done = Atomics.load(words, job + ${JOB.done});
  while (done !== parts) {
    if ((++rounds & 63) === 0) {
      if (Atomics.load(words, ${WORD.epoch}) !== epoch || Atomics.load(words, ${WORD.failed}) !== 0) return false;
      const now = performance.now();
      if (end === 0) end = now + ${SPIN_MILLISECONDS};
      else if (now > end) Atomics.wait(words, job + ${JOB.done}, done, 0.05);
    }
    done = Atomics.load(words, job + ${JOB.done});
  }
  return true;
}

function workInTurn(epoch) {
  const jobs = words[${WORD.jobs}];
  const threads = words[${WORD.threads}];
  for (let i = 0; i < jobs; i++) {
    const job = ${WORD.firstJob} + i * ${JOB_STRIDE};
    if (words[job] >= kernels.length) return;
    if (i > 0 && !finished(job - ${JOB_STRIDE}, epoch)) return;
    work(job, threads, i < jobs - 1);
  }
}

function fail(error) {
  const text = String(error && error.message || error).slice(0, ${MESSAGE_LENGTH - 1});
  if (Atomics.compareExchange(words, ${WORD.failed}, 0, thread + 1) !== 0) return;
  for (let i = 0; i <= text.length; i++) words[${WORD.message} + i] = text.charCodeAt(i) | 0;
}

let seen = 0;
Atomics.store(words, ${WORD.started} + thread * ${LINE}, 1);
for (;;) {
  seen = nextEpoch(seen);
  try {
    instantiateNew();
  } catch (error) {
    fail(error);
    continue;
  }
  if (thread >= Atomics.load(words, ${WORD.threads})) continue;
  Atomics.add(words, ${WORD.active}, 1);
  const epoch = Atomics.load(words, ${WORD.epoch});
  if ((epoch & 1) === 1) {
    seen = epoch;
    try {
      workInTurn(epoch);
    } catch (error) {
      fail(error);
    }
  }
  Atomics.sub(words, ${WORD.active}, 1);
}
`;
