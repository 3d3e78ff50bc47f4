import type { Numbers } from '../../contract.ts';
import { f32, f64, f64x2, i32 } from '../builder/index.ts';
import { compileKernel, kernelModule } from '../runtime/kernel.ts';
import { kernelMemory } from '../runtime/memory.ts';
import { kernelCall } from '../runtime/operands.ts';
import { eachBlock, eachVectorOfBlock, runTable, sumOfResults, withTable } from './list.ts';

/** Gradient clipping over a list of arrays: the sum of squares, in float64 lanes, one sum for each block; and scaling. */
const kernel = () =>
  compileKernel('lists', () =>
    kernelModule('lists', (m) => {
      m.func('squares', { begin: i32, end: i32, table: i32 }, (f, args) => {
        eachBlock(f, args.begin, args.end, args.table, ({ address, count, result, resultOffset }) => {
          const x = address(0);
          const low = f.local(f64x2);
          const high = f.local(f64x2);
          const full = f.let(count.and(-4).shl(2));
          f.for(0, full, 16, (at) => {
            const v = f.let(f.load4(x.plus(at)));
            const first = f.let(v.lowToF64x2());
            low.set(first.madd(first, low));
            const second = f.let(v.shuffle(v, 2, 3, 2, 3).lowToF64x2());
            high.set(second.madd(second, high));
          });
          const sums = f.let(low.plus(high));
          const total = f.local(f64, sums.lane(0).plus(sums.lane(1)));
          f.for(full, f.let(count.shl(2)), 4, (at) => {
            const v = f.let(f.loadF32(x.plus(at)).toF64());
            total.set(total.plus(v.times(v)));
          });
          f.storeF64(result, total, resultOffset);
        });
      });
      m.func('scale', { begin: i32, end: i32, table: i32, factor: f32 }, (f, args) => {
        const factor = f.let(args.factor.splat());
        eachBlock(f, args.begin, args.end, args.table, ({ address, count }) => {
          const x = address(0);
          eachVectorOfBlock(f, count, 4, (at, constant, store) =>
            store(x, f.load4(x.plus(at), constant).times(factor)),
          );
        });
      });
    }),
  );

export function sumOfSquares(arrays: readonly Numbers[]): number {
  let sum = 0;
  kernelCall(() =>
    withTable([arrays], [false], (table) => {
      runTable(kernel(), 'squares', table);
      sum = sumOfResults(table, kernelMemory().memory.buffer);
    }),
  );
  return sum;
}

export function scaleInPlace(arrays: readonly Numbers[], factor: number): void {
  kernelCall(() => withTable([arrays], [true], (table) => runTable(kernel(), 'scale', table, factor)));
}
