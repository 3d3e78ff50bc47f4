import { type I32, i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { outerSignature, rowOffsets } from '../templates/rows.ts';
import { transpose4 } from '../templates/transpose.ts';

/**
 * Copies from one strided view to another, row by row (rows.ts; the first view is the target). `copy`: both step through the
 * row number by number; `repeat`: one number fills the row; `strided`: any steps, one number at a time; `transpose`: an item is
 * four rows, whose numbers lie side by side in the source, so that 4 x 4 numbers are loaded, transposed and stored together.
 */
export const copyKernel = (): Kernel =>
  compileKernel('strided copy', () =>
    kernelModule('strided copy', (m) => {
      const signature = { begin: i32, end: i32, to: i32, from: i32, length: i32, ...outerSignature };
      for (const repeat of [false, true]) {
        m.func(repeat ? 'repeat' : 'copy', signature, (f, args) => {
          const whole = f.let(args.length.and(-4).shl(2));
          const rest = f.let(args.length.and(3));
          f.for(args.begin, args.end, 1, (row) => {
            const { first, second } = rowOffsets(f, row, args);
            const to = f.let(args.to.plus(first));
            const from = f.let(args.from.plus(second));
            const fixed = repeat ? f.let(f.load4Splat(from)) : null;
            f.for(0, whole, 16, (at) => f.store4(to.plus(at), fixed ?? f.load4(from.plus(at))));
            f.if(rest, () => f.store4Partial(to.plus(whole), fixed ?? f.load4(from.plus(whole)), rest));
          });
        });
      }
      m.func('strided', { ...signature, stepTo: i32, stepFrom: i32 }, (f, args) => {
        f.for(args.begin, args.end, 1, (row) => {
          const { first, second } = rowOffsets(f, row, args);
          const to = f.let(args.to.plus(first));
          const from = f.let(args.from.plus(second));
          f.for(0, args.length, 1, () => {
            f.storeF32(to, f.loadF32(from));
            to.set(to.plus(args.stepTo));
            from.set(from.plus(args.stepFrom));
          });
        });
      });
      // Rows `stride` bytes apart in the target; numbers of one row `stepFrom` bytes apart in the source.
      const transposed = { ...signature, rows: i32, stride: i32, stepFrom: i32 };
      m.func('transpose', transposed, (f, args) => {
        const groups = f.let(args.rows.plus(3).shrU(2));
        const whole = f.let(args.length.and(-4));
        f.for(args.begin, args.end, 1, (item) => {
          const { first, second } = rowOffsets(f, f.let(item.divU(groups)), args);
          const row = f.let(item.remU(groups).shl(2));
          const left = f.let(args.rows.minus(row));
          const to = f.let(args.to.plus(first).plus(row.times(args.stride)));
          const from = f.let(args.from.plus(second).plus(row.shl(2)));
          const column = f.local(i32);
          const single = (count: I32 | number) =>
            f.for(0, count, 1, (i) =>
              f.storeF32(to.plus(i.times(args.stride)), f.loadF32(from.plus(i.shl(2)))),
            );
          f.if(left.geU(4), () => {
            f.forRange(column, i32(0), whole, 4, () => {
              const rows = [0, 1, 2, 3].map((i) => f.let(f.load4(from.plus(args.stepFrom.times(i)))));
              const { stride } = args;
              const places = [to, to.plus(stride), to.plus(stride.shl(1)), to.plus(stride.times(3))];
              transpose4(f, rows).forEach((numbers, i) => {
                f.store4(places[i], numbers);
              });
              to.set(to.plus(16));
              from.set(from.plus(args.stepFrom.shl(2)));
            });
          });
          f.forRange(column, column, args.length, 1, () => {
            single(f.let(f.select(left.ltU(4), left, i32(4))));
            to.set(to.plus(4));
            from.set(from.plus(args.stepFrom));
          });
        });
      });
    }),
  );
