import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { f32x4, i32 } from '../../../src/kernels/wasm/builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import {
  runInTurn,
  setThreadCount,
  stopThreads,
  threadCount,
} from '../../../src/kernels/wasm/runtime/threads.ts';

afterAll(stopThreads);

const settle = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Adds 1 to every item it is given, atomically, and notes which thread did it. */
function counting(): Kernel {
  return compileKernel('test counting', () =>
    kernelModule('counting', (m) => {
      m.func(
        'count',
        { begin: i32, end: i32, counts: i32, threads: i32 },
        (f, { begin, end, counts, threads }) => {
          f.for(begin, end, 1, (i) => {
            f.drop(f.atomicAdd(counts.plus(i.shl(2)), 1));
            f.storeI32(threads.plus(i.shl(2)), f.thread);
          });
        },
      );
      m.func('trap', { begin: i32, end: i32, at: i32 }, (f, { begin, end, at }) => {
        f.for(begin, end, 1, (i) => f.if(i.ge(at), () => f.storeI32(i32(-4), 1)));
      });
    }),
  );
}

function counts(items: number, grain: number): { counts: Int32Array; threads: Set<number> } {
  const block = allocate(items).fill(0);
  const who = allocate(items).fill(0);
  counting().range('count', items, grain, block.byteOffset, who.byteOffset);
  const result = new Int32Array(block.buffer, block.byteOffset, items).slice();
  const threads = new Set(new Int32Array(who.buffer, who.byteOffset, items));
  release(block);
  release(who);
  return { counts: result, threads };
}

test.each([1, 2, 3, 4])('with %i threads every item is worked on exactly once', async (threads) => {
  setThreadCount(threads);
  counts(10, 1); // starts the workers
  await settle(50);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 200 }), (items, grain) => {
      expect(counts(items, grain).counts.every((count) => count === 1)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('workers do take part, also after they have slept', async () => {
  setThreadCount(2);
  for (let attempt = 0; attempt < 100; attempt++) {
    await settle(5);
    if (counts(500_000, 1000).threads.size === 2) return;
  }
  expect.fail('In 100 jobs of half a million items the worker has not taken one.');
});

test('no items is no work', () => {
  counting().range('count', 0, 16, 0, 0);
});

/** Sums x in parts of 1000 floats: one partial sum for each part, added up in order. */
function sum(x: Float32Array): number {
  const part = 1000;
  const kernel = compileKernel('test sum', () =>
    kernelModule('sum', (m) => {
      m.func(
        'parts',
        { begin: i32, end: i32, x: i32, n: i32, sums: i32 },
        (f, { begin, end, x: from, n, sums }) => {
          f.for(begin, end, 1, (p) => {
            const i = f.let(p.times(part));
            const stop = f.let(f.select(i.plus(part).lt(n), i.plus(part), n));
            const total = f.local(f32x4);
            f.forRange(i, i, stop.and(-4), 4, () => total.set(total.plus(f.load4(from.plus(i.shl(2))))));
            total.set(total.plus(f.load4Partial(from.plus(i.shl(2)), stop.and(3))));
            const pairs = f.let(total.plus(total.shuffle(total, 2, 3, 0, 1)));
            f.storeF32(sums.plus(p.shl(2)), pairs.lane(0).plus(pairs.lane(1)));
          });
        },
      );
    }),
  );
  const parts = Math.ceil(x.length / part);
  const sums = allocate(parts);
  kernel.parallel('parts', parts, x.byteOffset, x.length, sums.byteOffset);
  let total = 0;
  for (const each of sums) total += each;
  release(sums);
  return total;
}

test('a reduction in fixed parts gives the same bits with 1 to 4 threads', async () => {
  const x = allocate(123_457);
  for (let i = 0; i < x.length; i++) x[i] = Math.sin(i) * 10 ** ((i % 7) - 3);
  setThreadCount(1);
  const alone = sum(x);
  for (const threads of [2, 3, 4]) {
    setThreadCount(threads);
    sum(x);
    await settle(20);
    for (let i = 0; i < 20; i++) expect(sum(x)).toBe(alone);
  }
  release(x);
});

/** to[i] = from[(7 i + 3) mod n] + 1: every number needs one that any other part of the job before may have made. */
function mixing(): Kernel {
  return compileKernel('test mixing', () =>
    kernelModule('mixing', (m) => {
      m.func(
        'mix',
        { begin: i32, end: i32, from: i32, to: i32, n: i32 },
        (f, { begin, end, from, to, n }) => {
          f.for(begin, end, 1, (i) =>
            f.storeI32(to.plus(i.shl(2)), f.loadI32(from.plus(i.times(7).plus(3).remU(n).shl(2))).plus(1)),
          );
        },
      );
    }),
  );
}

test.each([1, 2, 3, 4])('with %i threads a job begins when the one before is done', async (threads) => {
  setThreadCount(threads);
  counts(10, 1);
  await settle(50);
  const lengths = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 });
  const property = fc.property(fc.integer({ min: 1, max: 2000 }), lengths, (n, grains) => {
    const blocks = [allocate(n), allocate(n)];
    const [a, b] = blocks.map((block) => new Int32Array(block.buffer, block.byteOffset, n).fill(0));
    const jobs = grains.map((grain, i) => {
      const [from, to] = i % 2 === 0 ? [a, b] : [b, a];
      return mixing().job('mix', n, grain, from.byteOffset, to.byteOffset, n);
    });
    runInTurn(jobs);
    const last = grains.length % 2 === 0 ? a : b;
    expect(last.every((count) => count === grains.length)).toBe(true);
    for (const block of blocks) release(block);
  });
  fc.assert(property, { numRuns: 200 });
});

test('a job that traps ends the ones behind it', async () => {
  setThreadCount(2);
  counts(10, 1);
  await settle(20);
  const [counted, who] = [allocate(100), allocate(100)];
  for (const at of [0, 900]) {
    for (let i = 0; i < 20; i++) {
      counted.fill(0);
      const jobs = [
        counting().job('trap', 1000, 1, at),
        counting().job('count', 100, 1, counted.byteOffset, who.byteOffset),
      ];
      expect(() => runInTurn(jobs)).toThrow(/out of bounds/);
      expect(counted.every((count) => count === 0)).toBe(true);
    }
  }
  release(counted);
  release(who);
});

test('a kernel that traps is an error here, and threads go on working', async () => {
  setThreadCount(2);
  counts(10, 1);
  await settle(20);
  for (const at of [0, 900]) {
    for (let i = 0; i < 20; i++) {
      expect(() => counting().range('trap', 1000, 1, at)).toThrow(/out of bounds/);
      expect(counts(100, 1).counts.every((count) => count === 1)).toBe(true);
    }
  }
});

test('threads reach memory that was added after they started', async () => {
  setThreadCount(2);
  counts(10, 1);
  await settle(20);
  const kernel = compileKernel('test fill', () =>
    kernelModule('fill', (m) => {
      m.func('fill', { begin: i32, end: i32, x: i32 }, (f, { begin, end, x }) => {
        f.for(begin, end, 1, (i) => f.fill(x.plus(i.shl(16)), 1, 65536));
      });
    }),
  );
  const blocks: Float32Array[] = [];
  for (let i = 0; i < 12; i++) {
    const x = allocate(5_000_000);
    kernel.parallel('fill', 305, x.byteOffset);
    expect(new Uint8Array(x.buffer, x.byteOffset, 305 * 65536).lastIndexOf(0)).toBe(-1);
    blocks.push(x);
  }
  for (const block of blocks) release(block);
});

test('mistakes are told', () => {
  expect(() => setThreadCount(0)).toThrow('whole number of 1 or more');
  expect(() => counting().range('sub', 1, 1)).toThrow(
    'Kernel counting has no function sub; it has count, trap.',
  );
  expect(() => counting().range('count', 1, 1, ...new Array<number>(40).fill(0))).toThrow(
    'up to 32 arguments',
  );
  setThreadCount(3);
  expect(threadCount()).toBe(3);
});

test('a program that used threads ends by itself, at once, and sleeps while idle', async () => {
  const program = fileURLToPath(new URL('threadsProgram.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=normgrad-source', '--import', 'tsx', program],
    { timeout: 120_000, env: { ...process.env, NORMGRAD_THREADS: '3' } },
  );
  expect(JSON.parse(stdout)).toEqual({ threads: 3, correct: true, sleeps: true });
});
