import { type I32, i32 } from '../../builder/index.ts';
import { compileKernel, kernelModule } from '../../runtime/kernel.ts';
import type { Job } from '../../runtime/threads.ts';
import { transpose4 } from '../../templates/transpose.ts';
import type { ConvLayer } from '../sizes.ts';

/**
 * Weights with in and out swapped, as the gradient of the image needs them: w [taps, in / groups, out] becomes
 * [taps, out / groups, in], one matrix transposed for each tap and group. Whole blocks of 4x4 are turned in registers, the
 * other numbers go one by one.
 */
export function swapWeights(weights: number, swapped: number, sizes: ConvLayer): Job {
  const { groups, groupIn, groupOut, inChannels, outChannels, geometry } = sizes;
  const taps = geometry.kernel[0] * geometry.kernel[1];
  const kernel = compileKernel('conv swap', buildSwap);
  const grain = Math.ceil(8192 / (groupIn * outChannels));
  const counts = [groups, groupIn, groupOut, inChannels, outChannels];
  return kernel.job('swap', taps, grain, weights, swapped, ...counts);
}

const buildSwap = () =>
  kernelModule('conv swap', (m) => {
    const signature = { begin: i32, end: i32, weights: i32, swapped: i32, groups: i32 };
    const counts = { groupIn: i32, groupOut: i32, inChannels: i32, outChannels: i32 };
    m.func('swap', { ...signature, ...counts }, (f, p) => {
      const fromRow = f.let(p.outChannels.shl(2));
      const toRow = f.let(p.inChannels.shl(2));
      f.for(p.begin, p.end, 1, (tap) => {
        f.for(0, p.groups, 1, (group) => {
          const from = f.let(p.weights.plus(tap.times(p.groupIn).times(fromRow)));
          from.set(from.plus(group.times(p.groupOut).shl(2)));
          const to = f.let(p.swapped.plus(tap.times(p.groupOut).times(toRow)));
          to.set(to.plus(group.times(p.groupIn).shl(2)));
          const at = (i: I32, o: I32) => from.plus(i.times(fromRow)).plus(o.shl(2));
          const swappedAt = (i: I32, o: I32) => to.plus(o.times(toRow)).plus(i.shl(2));
          const [rows, columns] = [f.let(p.groupIn.and(-4)), f.let(p.groupOut.and(-4))];
          const numbers = (i: I32, first: I32 | number): void =>
            f.for(first, p.groupOut, 1, (o) => f.storeF32(swappedAt(i, o), f.loadF32(at(i, o))));
          f.for(0, rows, 4, (i) => {
            f.for(0, columns, 4, (o) => {
              const [source, target] = [f.let(at(i, o)), f.let(swappedAt(i, o))];
              const block = [0, 1, 2, 3].map((row) => f.let(f.load4(source.plus(fromRow.times(row)))));
              transpose4(f, block).forEach((value, row) => {
                f.store4(target.plus(toRow.times(row)), value);
              });
            });
            f.for(i, i.plus(4), 1, (each) => numbers(each, columns));
          });
          f.for(rows, p.groupIn, 1, (i) => numbers(i, 0));
        });
      });
    });
  });
