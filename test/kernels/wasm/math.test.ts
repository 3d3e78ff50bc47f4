import { expect, test } from 'vitest';
import { erfc, erf as exactErf } from '../../../src/kernels/reference/erf.ts';
import { type F32x4, type FunctionBuilder, i32 } from '../../../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import {
  erf,
  exp,
  expm1,
  log,
  log1p,
  normalCdf,
  sigmoid,
  softplus,
  tanh,
} from '../../../src/kernels/wasm/templates/math.ts';
import { createRandom } from '../../../src/random.ts';

/** y = f(x) for every element, four at a time. */
function evaluate(
  name: string,
  write: (f: FunctionBuilder, x: F32x4) => F32x4,
  xs: readonly number[],
): Float32Array {
  const kernel = compileKernel(`test ${name}`, () =>
    kernelModule(name, (m) => {
      m.func('map', { x: i32, y: i32, bytes: i32 }, (f, { x, y, bytes }) => {
        f.for(0, bytes, 16, (i) => f.store4(y.plus(i), write(f, f.load4(x.plus(i)))));
      });
    }),
  );
  const n = Math.ceil(xs.length / 4) * 4;
  const x = allocate(n).fill(0);
  const y = allocate(n);
  x.set(xs);
  kernel.call('map', x.byteOffset, y.byteOffset, n * 4);
  const result = y.slice(0, xs.length);
  release(x);
  release(y);
  return result;
}

/** The error of `got` in units in the last place of the exact value rounded to float32. */
function ulps(got: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(got, rounded) || (Number.isNaN(got) && Number.isNaN(exact))) return 0;
  if (got === rounded && got === 0) return 0;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact))), -126);
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

function samples(low: number, high: number): number[] {
  const random = createRandom(7);
  const xs: number[] = [];
  for (let i = 0; i < 20_000; i++) xs.push(Math.fround(low + (high - low) * random.uniform()));
  // Every magnitude down to the denormals, both signs where the range has them.
  for (let exponent = -149; exponent <= 127; exponent++) {
    for (const sign of [1, -1]) {
      const x = Math.fround(sign * 2 ** exponent * (1 + random.uniform()));
      if (x >= low && x <= high) xs.push(x);
    }
  }
  return xs;
}

const exactSigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const exactSoftplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const exactCdf = (x: number) => 0.5 * erfc(-x * Math.SQRT1_2);

type Write = (f: FunctionBuilder, x: F32x4) => F32x4;
/** Name, kernel, exact function, range, and the error in units in the last place that must not be reached. */
const cases: [string, Write, (x: number) => number, number, number, number][] = [
  ['exp', exp, Math.exp, -110, 90, 2],
  ['expm1', expm1, Math.expm1, -110, 88, 2.5],
  ['log', log, Math.log, 0, 3.4e38, 2],
  ['log1p', log1p, Math.log1p, 0, 8e6, 2.5],
  ['sigmoid', sigmoid, exactSigmoid, -110, 110, 3],
  ['softplus', softplus, exactSoftplus, -110, 110, 4],
  ['tanh', tanh, Math.tanh, -20, 20, 3],
  ['erf', erf, exactErf, -8, 8, 3],
  ['normalCdf', normalCdf, exactCdf, -14, 14, 6],
];

test.each(cases)('%s agrees with double precision', (name, write, exact, low, high, limit) => {
  const xs = [...samples(low, high), ...samples(Math.max(low, -2), Math.min(high, 2))];
  const ys = evaluate(name, write, xs);
  let worst = 0;
  let at = 0;
  xs.forEach((x, i) => {
    const error = ulps(ys[i], exact(x));
    if (!(error <= worst)) [worst, at] = [error, x];
  });
  expect(worst, `${name}(${at})`).toBeLessThan(limit);
});

test.each(cases)('%s at infinities, NaN and zeros', (name, write, exact) => {
  const xs = [Number.NaN, 0, ...(name === 'log1p' || name === 'expm1' ? [] : [Number.POSITIVE_INFINITY])];
  if (name !== 'log1p') xs.push(Number.NEGATIVE_INFINITY, -0);
  const ys = evaluate(name, write, xs);
  xs.forEach((x, i) => {
    // Adding 0 makes no difference between the zeros.
    expect(ys[i] + 0, `${name}(${x})`).toBe(Math.fround(exact(x)) + 0);
  });
});
