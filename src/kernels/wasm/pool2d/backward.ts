import { f32x4, i32, i32x4, type ModuleBuilder } from '../builder/index.ts';
import { meanFactor } from './forward.ts';
import { forChannels, type Pooling, tilesImage, windowTaps } from './windows.ts';

/**
 * Range over (image, block of channels): dx, cleared and then added to, window by window in row-major order, so that
 * overlapping windows need no care. The gradient of a maximum goes to its first place in row-major order: a mask of the
 * lanes that still have theirs to give travels along the taps. A mean's goes to all taps. Where the windows tile the image,
 * each number of dx is written once instead.
 */
export function writeBackward(
  m: ModuleBuilder,
  kind: 'max' | 'average',
  pooling: Pooling,
  countPadding: boolean,
): void {
  const { height, width, channels, outHeight, outWidth } = pooling;
  const [imageBytes, outBytes] = [height * width * channels * 4, outHeight * outWidth * channels * 4];
  const signature = {
    begin: i32,
    end: i32,
    dx: i32,
    dy: i32,
    x: i32,
    y: i32,
    blocks: i32,
    blockChannels: i32,
  };
  const once = tilesImage(pooling);
  m.func('backward', signature, (f, p) => {
    f.for(p.begin, p.end, 1, (item) => {
      const n = f.let(item.divU(p.blocks));
      const begin = f.let(item.remU(p.blocks).times(p.blockChannels).shl(2));
      const past = f.let(begin.plus(p.blockChannels.shl(2)));
      const end = f.let(f.select(past.gt(channels * 4), i32(channels * 4), past));
      const dx = f.let(p.dx.plus(n.times(imageBytes)));
      const x = f.let(p.x.plus(n.times(imageBytes)));
      const cell = f.let(n.times(outBytes));
      if (!once) {
        f.for(0, height * width * channels * 4, channels * 4, (pixel) => {
          forChannels(f, pooling, begin, end, (channel, lanes) => {
            f.store4Partial(dx.plus(pixel).plus(channel), f32x4(0), lanes);
          });
        });
      }
      f.for(0, outHeight, 1, (oy) => {
        f.for(0, outWidth, 1, (ox) => {
          const taps = windowTaps(f, pooling, oy, ox);
          const factor = kind === 'average' ? f.let(meanFactor(f, pooling, taps, countPadding)) : null;
          forChannels(f, pooling, begin, end, (channel, lanes) => {
            const at = f.let(cell.plus(channel));
            const dy = f.let(f.load4(p.dy.plus(at)));
            if (factor) {
              dy.set(dy.times(factor));
              taps.visit((offset, constant) => {
                const to = f.let(dx.plus(channel).plus(offset));
                f.store4Partial(to, once ? dy : f.load4(to, constant).plus(dy), lanes, constant);
              });
              return;
            }
            const y = f.let(f.load4(p.y.plus(at)));
            const yIsNaN = f.let(y.ne(y));
            const waiting = f.local(i32x4, -1);
            taps.visit((offset, constant) => {
              const pixel = f.let(channel.plus(offset));
              const value = f.let(f.load4(x.plus(pixel), constant));
              const here = f.let(value.eq(y).or(value.ne(value).and(yIsNaN)).and(waiting));
              waiting.set(waiting.andNot(here));
              const to = f.let(dx.plus(pixel));
              const given = dy.and(here);
              f.store4Partial(to, once ? given : f.load4(to, constant).plus(given), lanes, constant);
            });
          });
          cell.set(cell.plus(channels * 4));
        });
      });
    });
  });
}
