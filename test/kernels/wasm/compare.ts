import { expect } from 'vitest';
import type { NDArray, Numbers, Shape } from '../../../src/kernels/contract.ts';
import { sizeOf } from '../../../src/kernels/contract.ts';
import { claimFresh, hasFresh } from '../../../src/kernels/ownership.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { setThreadCount, threadCount } from '../../../src/kernels/wasm/runtime/threads.ts';
import { createRandom } from '../../../src/random.ts';

/** Standard normal float32 numbers, around `offset`. */
export function normals(seed: number | string, shape: Shape, offset = 0): NDArray {
  const random = createRandom(seed);
  // A loop: Float32Array.from takes several times as long, and most tests of kernels draw more than they compute.
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = offset + random.normal();
  return { shape, data };
}

/** Calls a kernel and gives its result in ordinary memory; the pooled blocks go back, as autograd would have it. */
export function collect(call: () => NDArray): NDArray {
  const { shape, data } = call();
  const copy = { shape, data: data.slice() };
  while (hasFresh()) release(claimFresh() as Float32Array);
  return copy;
}

/** Runs `body` on a copy of `x` in the kernels' memory, followed by a canary that must survive. */
export function inKernelMemory<T>(x: Numbers, body: (data: Float32Array) => T): T {
  const block = allocate(x.length + 4);
  block.set(x);
  block.fill(123, x.length);
  const { result, after } = { result: body(block.subarray(0, x.length)), after: block.slice(x.length) };
  release(block);
  expect([...after]).toEqual([123, 123, 123, 123]);
  return result;
}

/** The results of `run` with 1, 2 and 3 threads, which must be the same bits; gives the first. */
export function onAllThreadCounts(run: () => NDArray): NDArray {
  const before = threadCount();
  try {
    const results = [1, 2, 3].map((threads) => {
      setThreadCount(threads);
      return collect(run);
    });
    for (const other of results.slice(1)) expectSameBits(other.data, results[0].data);
    return results[0];
  } finally {
    setThreadCount(before);
  }
}

/** For arrays that are too long for toEqual, which looks at the key of every number. */
export function expectSameBits(a: Numbers, b: Numbers): void {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) {
    if (!Object.is(a[i], b[i])) expect.fail(`at ${i}: ${a[i]} and ${b[i]} should be the same bits`);
  }
}

/** The same shape, and every number within `tolerance` of the largest (at least `scale`); NaN and infinities alike. */
export function expectNear(actual: NDArray, expected: NDArray, tolerance: number, scale = 0): void {
  expect([...actual.shape]).toEqual([...expected.shape]);
  expect(actual.data.length).toBe(expected.data.length);
  let largest = scale;
  for (const value of expected.data) {
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  }
  let worst = 0;
  let at = -1;
  for (let i = 0; i < actual.data.length; i++) {
    const a = actual.data[i];
    const e = expected.data[i];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const difference = Math.abs(a - e);
    if (!(difference <= worst)) [worst, at] = [difference, i];
  }
  expect(worst, `at ${at}: ${actual.data[at]} instead of ${expected.data[at]}`).toBeLessThanOrEqual(
    tolerance * largest,
  );
}
