import { type F32x4, type FunctionBuilder, f32x4, i32, type ModuleBuilder } from '../builder/index.ts';
import { forChannels, type Pooling, type WindowTaps, windowTaps } from './windows.ts';

/**
 * Range over output rows (of all images): the maximum or the mean of every window, four channels at a time in a register.
 * NaN is the maximum of a window that holds one. A mean sums each row of a window first, so large windows keep their
 * digits.
 */
export function writeForward(
  m: ModuleBuilder,
  kind: 'max' | 'average',
  pooling: Pooling,
  countPadding: boolean,
): void {
  const { height, width, channels, outHeight, outWidth } = pooling;
  m.func('forward', { begin: i32, end: i32, x: i32, y: i32 }, (f, p) => {
    f.for(p.begin, p.end, 1, (row) => {
      const image = f.let(p.x.plus(row.divU(outHeight).times(height * width * channels * 4)));
      const to = f.let(p.y.plus(row.times(outWidth * channels * 4)));
      f.for(0, outWidth, 1, (ox) => {
        const taps = windowTaps(f, pooling, f.let(row.remU(outHeight)), ox);
        const factor = kind === 'average' ? f.let(meanFactor(f, pooling, taps, countPadding)) : null;
        forChannels(f, pooling, 0, channels * 4, (channel, lanes) => {
          const from = f.let(image.plus(channel));
          const total = f.local(f32x4, factor ? 0 : -Infinity);
          const sum = f.local(f32x4);
          taps.visit(
            (offset, constant) => {
              const value = f.load4(from.plus(offset), constant);
              if (factor) sum.set(sum.plus(value));
              else total.set(total.max(value));
            },
            () => {
              if (!factor) return;
              total.set(total.plus(sum));
              sum.set(0);
            },
          );
          f.store4Partial(to.plus(channel), factor ? total.times(factor) : total, lanes);
        });
        to.set(to.plus(channels * 4));
      });
    });
  });
}

/** 1 / how many taps the mean is over. */
export function meanFactor(
  f: FunctionBuilder,
  { window }: Pooling,
  { count }: WindowTaps,
  countPadding: boolean,
): F32x4 {
  const taps = window.kernel[0] * window.kernel[1];
  if (countPadding || typeof count === 'number') return f32x4(1 / taps);
  const counted = f.let(count);
  return f32x4(1).div(f.select(counted.lt(1), i32(1), counted).toF32().splat());
}
