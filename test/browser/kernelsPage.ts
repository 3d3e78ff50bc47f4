/** The page of kernels.test.ts: what is tried out in it, for the test to call from outside. */
import { platform } from '#platform';
import { i32 } from '../../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../src/kernels/wasm/runtime/memory.ts';
import { setThreadCount, threadCount } from '../../src/kernels/wasm/runtime/threads.ts';
import { type Training, trainCnn } from './training.ts';
import type { Order } from './trainingWorker.ts';

const trials = {
  platform: () => ({
    path: platform.environment('PATH'),
    canSleep: platform.canSleep(),
    canShareMemory: platform.canShareMemory(),
    isolated: crossOriginIsolated,
  }),

  threadsOf(count: number): number {
    setThreadCount(count);
    return threadCount();
  },

  trainCnn,

  async trainInWorker(order: Order): Promise<Training> {
    const worker = new Worker(new URL('./trainingWorker.ts', import.meta.url), { type: 'module' });
    try {
      return await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) =>
          reject(new Error(`The Worker failed: ${message ?? 'it could not be loaded'}`));
        worker.postMessage(order);
      });
    } finally {
      worker.terminate();
    }
  },

  /** How many threads have had a hand in a job of 5,000,000 items. */
  threadsOfAJob(): number {
    const items = 5_000_000;
    const kernel = compileKernel('test who', () =>
      kernelModule('who', (m) => {
        m.func('write', { begin: i32, end: i32, who: i32 }, (f, { begin, end, who }) => {
          f.for(begin, end, 1, (i) => f.storeI32(who.plus(i.shl(2)), f.thread));
        });
      }),
    );
    const who = allocate(items);
    kernel.range('write', items, 10_000, who.byteOffset);
    const threads = new Set(new Int32Array(who.buffer, who.byteOffset, items));
    release(who);
    return threads.size;
  },
};

export type Trials = typeof trials;

Object.assign(globalThis, { trials });
