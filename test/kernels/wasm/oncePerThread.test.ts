import { afterAll, expect, test } from 'vitest';
import { i32 } from '../../../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { newStamp, oncePerThread } from '../../../src/kernels/wasm/runtime/oncePerThread.ts';
import { setThreadCount, stopThreads } from '../../../src/kernels/wasm/runtime/threads.ts';

afterAll(stopThreads);

/** Counts how often each thread prepares, and how often it works without having prepared for this stamp. */
const kernel = () =>
  compileKernel('test once per thread', () =>
    kernelModule('once per thread', (m) => {
      m.func(
        'run',
        { begin: i32, end: i32, prepared: i32, unprepared: i32, stamp: i32 },
        (f, { begin, end, prepared, unprepared, stamp }) => {
          const own = f.let(prepared.plus(f.thread.shl(3)));
          oncePerThread(f, stamp, () => {
            f.storeI32(own, stamp);
            f.storeI32(own, f.loadI32(own, 4).plus(1), 4);
          });
          f.for(begin, end, 1, () =>
            f.if(f.loadI32(own).ne(stamp), () => f.drop(f.atomicAdd(unprepared, 1))),
          );
        },
      );
    }),
  );

test.each([1, 2, 4])(
  'with %i threads each prepares once for a job, however many parts it takes',
  async (threads) => {
    setThreadCount(threads);
    const blocks = [allocate(2 * threads).fill(0), allocate(1).fill(0)];
    const [prepared, unprepared] = blocks.map((b) => new Int32Array(b.buffer, b.byteOffset, b.length));
    const jobs = 300;
    let took = 0;
    for (let i = 0; i < jobs; i++) {
      kernel().range('run', 64, 1, prepared.byteOffset, unprepared.byteOffset, newStamp());
      if (i === 10) await new Promise((resolve) => setTimeout(resolve, 50)); // the workers come up
    }
    for (let thread = 0; thread < threads; thread++) {
      expect(prepared[2 * thread + 1]).toBeLessThanOrEqual(jobs);
      took += prepared[2 * thread + 1];
    }
    expect(took).toBeGreaterThanOrEqual(jobs);
    expect(unprepared[0]).toBe(0);
    for (const block of blocks) release(block);
  },
);

test('a stamp is never 0 and never the one before', () => {
  let before = 0;
  for (let i = 0; i < 100; i++) {
    const stamp = newStamp();
    expect(stamp).not.toBe(0);
    expect(stamp).not.toBe(before);
    before = stamp;
  }
});
