import { f32x4, i32 } from '../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../src/kernels/wasm/runtime/kernel.ts';

/**
 * This machine's own ceiling: GFLOP/s of one core that does nothing but multiply and add vectors of four in registers.
 * Twelve independent sums hide the latency, as in the matrix kernels.
 */
export function fmaPeak(): number {
  const kernel = compileKernel('bench peak', () =>
    kernelModule('peak', (m) => {
      m.func('run', { turns: i32 }, (f, { turns }) => {
        const a = f.local(f32x4, 1);
        const sums = Array.from({ length: SUMS }, (_, i) => f.local(f32x4, i));
        f.for(0, turns, 1, () => {
          for (const sum of sums) sum.set(a.madd(a, sum));
        });
        let total = sums[0].plus(0);
        for (const sum of sums.slice(1)) total = total.plus(sum);
        return total.lane(0);
      });
    }),
  );
  const turns = 1e6;
  let best = 0;
  for (let trial = 0; trial < 40; trial++) {
    const start = performance.now();
    kernel.call('run', turns);
    best = Math.max(best, (turns * SUMS * 4 * 2) / (performance.now() - start) / 1e6);
  }
  return best;
}

const SUMS = 12;
