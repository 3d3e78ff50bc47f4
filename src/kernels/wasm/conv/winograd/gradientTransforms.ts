import { f32x4, type I32, i32, type ModuleBuilder } from '../../builder/index.ts';
import { channelBlocks } from '../tiles.ts';
import type { GradientLayout } from './gradientLayout.ts';
import { PLANES } from './layout.ts';
import { inputLine, outputGradientLine, transform2d, weightGradientLine } from './lines.ts';
import { gridSignature, locate, touchRows, writeGather } from './tiles.ts';

export const transformSignature = {
  ...{
    begin: i32,
    end: i32,
    first: i32,
    x: i32,
    dy: i32,
    v: i32,
    d: i32,
  },
  ...{ threads: i32, outHeight: i32, outWidth: i32, ...gridSignature },
};

/** Range over the tiles of a batch: V and D. */
export function writeTransform(m: ModuleBuilder, layout: GradientLayout) {
  const { inChannels, outChannels, inLanes, outLanes, planeV, planeD } = layout;
  const sides = [
    { name: 'V', channels: inChannels, size: 6, line: inputLine, plane: planeV },
    { name: 'D', channels: outChannels, size: 4, line: outputGradientLine, plane: planeD },
  ].map(({ name, channels, size, line, plane }) => ({
    gather: writeGather(m, `gather ${name}`, size, channels),
    transform: m.func(name, { source: i32, row: i32, out: i32, between: i32 }, (f, p) => {
      f.for(0, channels * 4, 16, (channel) => {
        const rows = [f.let(p.source.plus(channel))];
        for (let i = 1; i < size; i++) rows.push(f.let(rows[i - 1].plus(p.row)));
        const to = f.let(p.out.plus(channel));
        transform2d(
          ...([f, line, size, p.between] as const),
          (row, column) => f.load4(rows[row], column * channels * 4),
          (row, column, value) => f.store4(to, value, (row * 6 + column) * plane * 4),
        );
      });
    }),
  }));
  return m.func('transform', transformSignature, (f, p) => {
    const patch = f.let(p.threads.plus(f.thread.times(layout.thread * 4)));
    const between = f.let(patch.plus(layout.between * 4));
    const tiles = { first: f.let(p.begin.plus(p.first)), last: f.let(p.end.plus(p.first).minus(1)) };
    const xRow = f.let(p.width.times(inChannels * 4));
    touchRows(f, p, { ...tiles, size: 6 }, p.x, xRow, between);
    const dyRow = f.let(p.outWidth.times(outChannels * 4));
    const dyGrid = { ...p, height: p.outHeight, width: p.outWidth, top: i32(0), left: i32(0) };
    touchRows(f, dyGrid, { ...tiles, size: 4 }, p.dy, dyRow, between);
    f.for(p.begin, p.end, 1, (t) => {
      const side = (index: 0 | 1, image: I32, height: I32, width: I32, y: I32, x: I32, out: I32): void => {
        const { gather, transform } = sides[index];
        const [size, channels] = index === 0 ? [6, inChannels] : [4, outChannels];
        const source = f.let(
          image.plus(
            y
              .times(width)
              .plus(x)
              .times(channels * 4),
          ),
        );
        const row = f.let(width.times(channels * 4));
        const isInside = y.ge(0).and(x.ge(0)).and(y.plus(size).le(height)).and(x.plus(size).le(width));
        f.if(isInside.eqz(), () => {
          f.call(gather, { image, height, width, y, x, patch });
          source.set(patch);
          row.set(size * channels * 4);
        });
        f.call(transform, { source, row, out, between });
      };
      const at = locate(f, p, t.plus(p.first));
      const image = f.let(
        p.x.plus(
          at.n
            .times(p.height)
            .times(p.width)
            .times(inChannels * 4),
        ),
      );
      side(0, image, p.height, p.width, at.y, at.x, p.v.plus(t.times(inLanes * 4)));
      const dyImage = f.let(
        p.dy.plus(
          at.n
            .times(p.outHeight)
            .times(p.outWidth)
            .times(outChannels * 4),
        ),
      );
      const [y, x] = [f.let(at.y.plus(p.top)), f.let(at.x.plus(p.left))];
      side(1, dyImage, p.outHeight, p.outWidth, y, x, p.d.plus(t.times(outLanes * 4)));
    });
  });
}

/** Range over in channels: dw = G^T dU G, dU being the sum of the chunks' in their order. */
export function writeFinish(m: ModuleBuilder, layout: GradientLayout): void {
  const { inChannels, outChannels, planeU } = layout;
  m.func('finish', { begin: i32, end: i32, u: i32, chunks: i32, dw: i32, threads: i32 }, (f, p) => {
    const between = f.let(p.threads.plus(f.thread.times(layout.thread * 4)).plus(layout.between * 4));
    const chunkBytes = PLANES * planeU * 4;
    const past = f.let(p.chunks.times(chunkBytes));
    f.for(p.begin, p.end, 1, (c) => {
      for (const { first, count, vectors, lastLanes } of channelBlocks(outChannels)) {
        f.for(0, count, 1, (i) => {
          for (let v = 0; v < vectors; v++) {
            f.block(() => {
              const channel = f.let(i.times(vectors * 4).plus(first));
              const from = f.let(
                p.u.plus(
                  channel
                    .times(inChannels)
                    .plus(c.times(vectors * 4))
                    .plus(v * 4)
                    .shl(2),
                ),
              );
              f.if(p.chunks.gt(1), () => {
                f.for(0, chunkBytes, planeU * 4, (plane) => {
                  const at = f.let(from.plus(plane));
                  const sum = f.local(f32x4);
                  f.for(0, past, chunkBytes, (chunk) => sum.set(sum.plus(f.load4(at.plus(chunk)))));
                  f.store4(at, sum);
                });
              });
              const to = f.let(
                p.dw.plus(
                  c
                    .times(outChannels)
                    .plus(channel)
                    .plus(v * 4)
                    .shl(2),
                ),
              );
              const lanes = v === vectors - 1 ? lastLanes : 4;
              transform2d(
                ...([f, weightGradientLine, 6, between] as const),
                (row, column) => f.load4(from, (row * 6 + column) * planeU * 4),
                (row, column, value) =>
                  f.store4Partial(to, value, lanes, (row * 3 + column) * inChannels * outChannels * 4),
              );
            });
          }
        });
      }
    });
  });
}
