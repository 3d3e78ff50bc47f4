import { afterAll, expect, inject, test } from 'vitest';
import { commands } from 'vitest/browser';
import { platform } from '#platform';
import { i32 } from '../../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../src/kernels/wasm/runtime/memory.ts';
import { setThreadCount, stopThreads, threadCount } from '../../src/kernels/wasm/runtime/threads.ts';
import { type Training, trainCnn } from './training.ts';
import type { Order } from './trainingWorker.ts';

/** Runs twice: in a page that is cross-origin isolated, and in one that is not (vitest.config.ts). */
const isolated = inject('isolated');

/** How many threads there are when two are asked for. */
const two = isolated ? 2 : 1;

afterAll(stopThreads);

test('the browser has its own platform, and only an isolated page shares memory', () => {
  expect(platform.environment('PATH')).toBeUndefined();
  expect(platform.canSleep()).toBe(false);
  expect(crossOriginIsolated).toBe(isolated);
  expect(platform.canShareMemory()).toBe(isolated);
  setThreadCount(2);
  expect(threadCount()).toBe(two);
});

test('the page and a Worker train as Node does', async () => {
  const inNode = await commands.trainInNode();
  const inPage = await trainCnn(2);
  expect(inPage.kernels).toBe('wasm');
  expect(inPage.threads).toBe(two);
  expect(await trainInWorker({ threads: 2 })).toEqual(inPage);

  // The bits are the same too, as long as Math.log, which the first weights take, is the same in both engines.
  expect(inPage.losses).toHaveLength(inNode.losses.length);
  inPage.losses.forEach((loss, step) => {
    expect(Math.abs(loss / inNode.losses[step] - 1)).toBeLessThan(1e-6);
  });
  expect(inPage.losses[5]).toBeLessThan(inPage.losses[0] / 5);
});

test.runIf(!isolated)('a browser that refuses shared memory trains as well, on one thread', async () => {
  const refused = await trainInWorker({ threads: 2, refuseSharedMemory: true });
  expect(refused).toEqual({ ...(await trainCnn(1)), shared: false });
});

test.runIf(isolated)('a kernel thread that the browser does not start is done without', async () => {
  expect(await trainInWorker({ threads: 3, loseOne: true })).toEqual(await trainCnn(3));
});

async function trainInWorker(order: Order): Promise<Training> {
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
}

/** Which threads have had a hand in a job of 5,000,000 items. */
function threadsOfAJob(): Set<number> {
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
  return threads;
}

test(`a job runs on ${two} of the 2 threads that are asked for`, async () => {
  setThreadCount(2);
  await expect.poll(threadsOfAJob, { timeout: 20_000 }).toHaveProperty('size', two);
});
