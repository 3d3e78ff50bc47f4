import {
  type FunctionBuilder,
  f32x4,
  type I32,
  i32,
  type KernelFunction,
  type ModuleBuilder,
} from '../../builder/index.ts';

/**
 * The frame: rows of a source image with zeros around them, in a thread's own scratch memory, so that the inner loops
 * meet no borders. It costs one copy of each pixel, against kh * kw * out multiplications with it.
 *
 * Where groups have few channels the copy also spreads them: frame pixel [j][o] = source channel j of output channel
 * o's group. Then convolution multiplies channel by channel (o with o), and vectors run over o, whatever the groups.
 */
export interface FrameSpec {
  height: number;
  width: number;
  channels: number;
  top: number;
  left: number;
  /** Columns of the frame. */
  columns: number;
  spread: { groupIn: number; groupOut: number; outChannels: number } | null;
}

export const frameChannels = ({ channels, spread }: FrameSpec): number =>
  spread ? spread.groupIn * spread.outChannels : channels;

const frameSignature = { to: i32, image: i32, firstRow: i32, rows: i32 };

/** `frame(to, image, firstRow, rows)` writes rows firstRow to firstRow + rows of the frame around `image`. */
export function writeFrame(m: ModuleBuilder, spec: FrameSpec): KernelFunction<typeof frameSignature, void> {
  const { height, width, top, left, columns } = spec;
  const rowFloats = columns * frameChannels(spec);
  // Frame columns [from, to) lie on the image.
  const from = Math.min(Math.max(left, 0), columns);
  const to = Math.max(from, Math.min(columns, left + width));
  const copyPixels =
    spec.spread && (spec.spread.groupIn > 1 || spec.spread.groupOut > 1) ? spreadPixels : copyVectors;
  return m.func('frame', frameSignature, (f, p) => {
    f.for(0, p.rows, 1, (row) => {
      const y = f.let(p.firstRow.plus(row).minus(top));
      const at = f.let(p.to.plus(row.times(rowFloats * 4)));
      f.if(
        y.ltU(height),
        () => {
          const pixel = frameChannels(spec) * 4;
          zero(f, at, from * pixel);
          const source = f.let(
            p.image.plus(
              y
                .times(width)
                .plus(from - left)
                .times(spec.channels * 4),
            ),
          );
          if (to > from) copyPixels(f, f.let(at.plus(from * pixel)), source, to - from, spec);
          zero(f, f.let(at.plus(to * pixel)), (columns - to) * pixel);
        },
        () => zero(f, at, rowFloats * 4),
      );
    });
  });
}

function zero(f: FunctionBuilder, at: I32, bytes: number): void {
  if (bytes > 512) f.fill(at, 0, bytes);
  else for (let i = 0; i < bytes; i += 16) f.store4Partial(at, f32x4(0), Math.min(4, (bytes - i) / 4), i);
}

function copyVectors(f: FunctionBuilder, to: I32, from: I32, pixels: number, spec: FrameSpec): void {
  const floats = pixels * spec.channels;
  const whole = floats & -16;
  f.for(0, whole * 4, 64, (i) => {
    const source = f.let(from.plus(i));
    const target = f.let(to.plus(i));
    for (let v = 0; v < 64; v += 16) f.store4(target, f.load4(source, v), v);
  });
  for (let i = whole; i < floats; i += 4) {
    f.store4Partial(to, f.load4(from, i * 4), Math.min(4, floats - i), i * 4);
  }
}

function spreadPixels(f: FunctionBuilder, to: I32, from: I32, pixels: number, spec: FrameSpec): void {
  const { groupIn, groupOut, outChannels } = spec.spread!;
  const target = f.let(to);
  const source = f.let(from);
  f.for(0, pixels, 1, () => {
    f.for(0, groupIn, 1, (j) => {
      const read = f.let(source.plus(j.shl(2)));
      f.for(0, outChannels / groupOut, 1, () => {
        const value = f.let(f.loadF32(read));
        f.for(0, groupOut, 1, () => {
          f.storeF32(target, value);
          target.set(target.plus(4));
        });
        read.set(read.plus(groupIn * 4));
      });
    });
    source.set(source.plus(spec.channels * 4));
  });
}
