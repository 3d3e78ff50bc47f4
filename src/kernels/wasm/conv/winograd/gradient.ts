import { type I32, i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, kernelModule } from '../../kernel.ts';
import { scratch } from '../../operands.ts';
import { threadCount } from '../../threads.ts';
import { channelBlocks, evenTiles, padded4 } from '../tiles.ts';
import { PLANE_PADDING, PLANES, type WinogradSizes } from './layout.ts';
import { inputLine, outputGradientLine, transform2d, weightGradientLine } from './lines.ts';
import { type ProductTile, writeProductTile } from './products.ts';
import { gridSignature, locate, writeGather } from './tiles.ts';

/**
 * The gradient of 3x3 weights by Winograd: the transpose of the forward pass (forward.ts) with respect to g,
 *
 *   dg = G^T [ sum over tiles of (B^T d B) * (A dy A^T) ] G.
 *
 * Tiles are taken in batches whose V = B^T d B and D = A dy A^T fill some 2 MB, in memory that all threads share. For each
 * batch one job transforms (cut by tiles), and a second one adds V^T D to the 36 planes of dU [in, out] (cut by planes and
 * channels). So every number of dU is summed by one part, in the order of the tiles: no partial sums to add up, which at 36
 * planes would be large, and the same bits for any number of threads.
 */
const BATCH_BYTES = 2 << 20;
const MOST_TILES = 1024;
/** Tiles summed in registers before they join dU: short sums keep their digits, and their operands the first-level cache. */
const SUMMED_TILES = 64;
/** The work of a part: tiles times channels to transform, and multiply-adds. */
const PART_VALUES = 512;
const PART_MULTIPLIES = 250_000;

interface Layout {
  inChannels: number;
  outChannels: number;
  inLanes: number;
  outLanes: number;
  /** Tiles of a batch. */
  tiles: number;
  planeV: number;
  planeD: number;
  /** dU: [plane][block of out channels][in][lanes of the block]. */
  planeU: number;
  /** A thread's scratch, in floats: a patch, and the cells between two one-dimensional transforms. */
  between: number;
  thread: number;
}

function layOut(inChannels: number, outChannels: number): Layout {
  const [inLanes, outLanes] = [padded4(inChannels), padded4(outChannels)];
  const fitting = Math.floor(BATCH_BYTES / (PLANES * 4 * (inLanes + outLanes)));
  const tiles = Math.min(MOST_TILES, Math.max(24, fitting));
  const between = 36 * Math.max(inLanes, outLanes) + 16;
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles, between, thread: between + 36 * 4 },
    planeV: tiles * inLanes + PLANE_PADDING,
    planeD: tiles * outLanes + PLANE_PADDING,
    planeU: inChannels * outLanes + PLANE_PADDING,
  };
}

/** dw [3, 3, in, out] from the addresses of x and dy. */
export function winogradWeightGradient(sizes: WinogradSizes, x: number, dy: number, dw: number): void {
  const { batch, height, width, top, left, outHeight, outWidth, inChannels, outChannels } = sizes;
  const layout = layOut(inChannels, outChannels);
  const kernel = compileKernel(`winograd dw ${inChannels} ${outChannels}`, () =>
    kernelModule('winograd dw', (m) => {
      writeTransform(m, layout);
      writeMultiply(m, layout);
      writeFinish(m, layout);
    }),
  );
  const [tilesY, tilesX] = [Math.ceil(outHeight / 4), Math.ceil(outWidth / 4)];
  const total = batch * tilesY * tilesX;
  const v = scratch(PLANES * layout.planeV).byteOffset;
  const d = scratch(PLANES * layout.planeD).byteOffset;
  const u = scratch(PLANES * layout.planeU).byteOffset;
  const threads = scratch(threadCount() * layout.thread).byteOffset;
  const grid = [outHeight, outWidth, height, width, top, left, tilesY, tilesX];
  const transformGrain = Math.ceil(PART_VALUES / (inChannels + outChannels));
  // A part of the products is a plane's block of out channels.
  const parts = PLANES * channelBlocks(outChannels).reduce((sum, { count }) => sum + count, 0);
  for (let first = 0; first < total; first += layout.tiles) {
    const count = Math.min(layout.tiles, total - first);
    kernel.range('transform', count, transformGrain, first, x, dy, v, d, threads, ...grid);
    const grain = Math.ceil((PART_MULTIPLIES * parts) / (PLANES * count * inChannels * outChannels));
    kernel.range('multiply', parts, grain, v, d, u, count, first === 0 ? 1 : 0);
  }
  kernel.range('finish', inChannels, Math.ceil(1024 / outChannels), u, dw, threads);
}

/** Range over the tiles of a batch: V and D. */
function writeTransform(m: ModuleBuilder, layout: Layout): void {
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
  const signature = { begin: i32, end: i32, first: i32, x: i32, dy: i32, v: i32, d: i32, threads: i32 };
  m.func('transform', { ...signature, outHeight: i32, outWidth: i32, ...gridSignature }, (f, p) => {
    const patch = f.let(p.threads.plus(f.thread.times(layout.thread * 4)));
    const between = f.let(patch.plus(layout.between * 4));
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

/** Range over (plane, block of out channels): dU += V^T D, or = where `isFirst`. */
function writeMultiply(m: ModuleBuilder, layout: Layout): void {
  const { inChannels, outChannels, inLanes, outLanes, planeV, planeD, planeU } = layout;
  const blocks = channelBlocks(outChannels);
  const tiles = new Map<string, ProductTile>();
  for (const { vectors, mostRows } of blocks) {
    for (const { size } of evenTiles(inChannels, mostRows)) {
      const name = `product ${size} ${vectors}`;
      if (tiles.has(name)) continue;
      const steps = { leftRow: 4, leftStep: inLanes * 4, outRow: vectors * 16, rightStep: outLanes * 4 };
      tiles.set(name, writeProductTile(m, { name, rows: size, vectors, ...steps, add: true }));
    }
  }
  const perPlane = blocks.reduce((sum, { count }) => sum + count, 0);
  const signature = { begin: i32, end: i32, v: i32, d: i32, u: i32, count: i32, isFirst: i32 };
  m.func('multiply', signature, (f, p) => {
    f.for(p.begin, p.end, 1, (part) => {
      const plane = f.let(part.divU(perPlane));
      const inPlane = f.let(part.remU(perPlane));
      const left = f.let(p.v.plus(plane.times(planeV * 4)));
      let index = 0;
      for (const { first, count, vectors, mostRows } of blocks) {
        const start = index;
        index += count;
        f.if(inPlane.ge(start).and(inPlane.lt(index)), () => {
          const channel = f.let(
            inPlane
              .minus(start)
              .times(vectors * 4)
              .plus(first),
          );
          const right = f.let(p.d.plus(plane.times(planeD).plus(channel).shl(2)));
          const sums = f.let(p.u.plus(plane.times(planeU).plus(channel.times(inChannels)).shl(2)));
          f.if(p.isFirst, () => f.fill(sums, 0, inChannels * vectors * 16));
          const last = f.let(right.plus(p.count.times(outLanes * 4)));
          f.while(right.ltU(last), () => {
            const past = f.let(right.plus(SUMMED_TILES * outLanes * 4));
            const end = f.let(f.select(past.ltU(last), past, last));
            const [row, out] = [f.let(left), f.let(sums)];
            for (const { size, count: times } of evenTiles(inChannels, mostRows)) {
              f.for(0, times, 1, () => {
                f.call(tiles.get(`product ${size} ${vectors}`)!, { left: row, right, end, out });
                row.set(row.plus(size * 4));
                out.set(out.plus(size * vectors * 16));
              });
            }
            left.set(left.plus(SUMMED_TILES * inLanes * 4));
            right.set(end);
          });
        });
      }
    });
  });
}

/** Range over in channels: dw = G^T dU G. */
function writeFinish(m: ModuleBuilder, layout: Layout): void {
  const { inChannels, outChannels, planeU } = layout;
  m.func('finish', { begin: i32, end: i32, u: i32, dw: i32, threads: i32 }, (f, p) => {
    const between = f.let(p.threads.plus(f.thread.times(layout.thread * 4)).plus(layout.between * 4));
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
