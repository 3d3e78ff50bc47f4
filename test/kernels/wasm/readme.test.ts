import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { f32, f64x2, i32 } from '../../../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { setThreadCount, stopThreads } from '../../../src/kernels/wasm/runtime/threads.ts';
import { mapVectors } from '../../../src/kernels/wasm/templates/mapVectors.ts';

afterAll(stopThreads);

/** Runs the TypeScript examples of the README, stripped of their types, with `scope` in reach. */
function example(index: number): string {
  const readme = readFileSync(
    fileURLToPath(new URL('../../../src/kernels/wasm/README.md', import.meta.url)),
    'utf8',
  );
  const code = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][index][1];
  return code.replace(/\((\w+): \w+\): \w+/g, '($1)');
}

const scope = { allocate, compileKernel, f32, f64x2, i32, kernelModule, mapVectors, release };
const run = (code: string, x: Float32Array): unknown =>
  new Function(...Object.keys(scope), 'x', code)(...Object.values(scope), x);

test.each([1, 100_003])('the examples of the README do what they say, for %i floats', (n) => {
  setThreadCount(2);
  const x = allocate(n);
  for (let i = 0; i < n; i++) x[i] = Math.sin(i + 3.5);
  const y = run(`${example(0)}\nreturn y;`, x) as Float32Array;
  expect(y).toEqual(x.map((value) => (value > 0 ? value : value * Math.fround(0.1))));
  const total = run(`${example(1)}\nreturn sum(x);`, x);
  expect(total).toBeCloseTo(
    x.reduce((sum, value) => sum + value, 0),
    9,
  );
  release(x);
  release(y);
});
