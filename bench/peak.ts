import { inPairs } from '../src/kernels/wasm/builder/features.ts';
import { f32x4, i32 } from '../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../src/kernels/wasm/runtime/kernel.ts';
import { allocate } from '../src/kernels/wasm/runtime/memory.ts';

/**
 * This machine's own ceiling: GFLOP/s of one core that does nothing but multiply and add vectors in registers. Twelve
 * independent sums hide the latency, as in the matrix kernels, each a vector of four numbers, or a pair of them.
 */
export function fmaPeak(): number {
  const vectors = inPairs() ? 2 * SUMS : SUMS;
  const kernel = compileKernel('bench peak', () =>
    kernelModule('peak', (m) => {
      m.func('run', { turns: i32, to: i32 }, (f, { turns, to }) => {
        const a = f.local(f32x4, 1);
        const sums = Array.from({ length: vectors }, (_, i) => f.local(f32x4, i));
        f.for(0, turns, 1, () => {
          for (const sum of sums) sum.set(a.madd(a, sum));
        });
        f.storeRow(to, sums);
      });
    }),
  );
  const turns = 1e6;
  const { byteOffset } = allocate(4 * vectors);
  let best = 0;
  for (let trial = 0; trial < 40; trial++) {
    const start = performance.now();
    kernel.call('run', turns, byteOffset);
    best = Math.max(best, (turns * vectors * 4 * 2) / (performance.now() - start) / 1e6);
  }
  return best;
}

const SUMS = 12;
