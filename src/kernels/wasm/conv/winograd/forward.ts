import { f32, type I32, i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../kernel.ts';
import { scratch } from '../../operands.ts';
import { threadCount } from '../../threads.ts';
import { channelBlocks } from '../tiles.ts';
import { type Layout, layOut, PLANES, type WinogradSizes } from './layout.ts';
import { inputLine, outputLine, transform2d, weightLine } from './lines.ts';
import { type ProductTile, writeProductTile } from './products.ts';
import { gridArguments, gridSignature, locate, touchRows, writeGather } from './tiles.ts';

/**
 * 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs, where direct convolution
 * takes 144.
 *
 *   U = G g G^T, once per call: 36 planes [in, out], packed for the products.
 *   For a block of up to 48 tiles, in a thread's own scratch memory (it stays in the second-level cache):
 *     V = B^T d B of each 6x6 window: 36 planes [tile, in]
 *     M = V U, plane by plane: 36 planes [tile, out]
 *     y = A^T M A + bias, then max with floor: 4x4 pixels of each tile.
 *
 * Channels last makes all transforms vector operations over channels. Windows at the border are copied to a patch with
 * zeros around; tiles that reach over the end of the result are computed whole and copied in part. Lanes beyond the last
 * channel hold neighbours' values: products never read them, stores leave them out.
 */

/** A thread's share is cut into up to so many blocks, so that a thread that is late can be helped, */
const BLOCKS_PER_THREAD = 4;
/** of at least so many tiles: smaller ones would read the weights too often. */
const LEAST_BLOCK = 16;

/**
 * y = conv(x, weights [3, 3, in, out]) + bias, then max with floor. Addresses; `flip` reads the 3x3 window backwards, as the
 * gradient of the image needs it.
 */
export function winogradConv(
  sizes: WinogradSizes,
  x: number,
  weights: number,
  flip: boolean,
  bias: number | null,
  y: number,
  floor = -Infinity,
): void {
  const { batch, outHeight, outWidth, inChannels, outChannels } = sizes;
  const layout = layOut(inChannels, outChannels);
  const kernel = winogradKernel(layout);
  const tap = inChannels * outChannels * 4;
  const u = scratch(PLANES * layout.planeU).byteOffset;
  const first = flip ? weights + 8 * tap : weights;
  const threads = scratch(threadCount() * layout.offsets.total).byteOffset;
  const weightGrain = Math.ceil(1024 / outChannels);
  kernel.range('weights', inChannels, weightGrain, first, flip ? -tap : tap, u, threads);
  const total = batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  const start = bias ?? scratch(layout.outLanes).fill(0).byteOffset;
  // Tiles do not depend on the block they are in, so the blocks of a small problem are cut evenly over the threads there are:
  // 256 tiles for two threads into 8 of 32, where blocks of 36 would give one thread 144 and the other 112.
  const threadTiles = total / threadCount();
  const blocks = Math.min(BLOCKS_PER_THREAD, Math.max(1, Math.floor(threadTiles / LEAST_BLOCK)));
  const grain = Math.min(layout.tiles, Math.ceil(threadTiles / blocks));
  kernel.range(
    'convolve',
    ...([total, grain, x, u, start, y, threads, floor] as const),
    ...[outHeight, outWidth, ...gridArguments(sizes)],
  );
}

function winogradKernel(layout: Layout): Kernel {
  return compileKernel(`winograd ${layout.inChannels} ${layout.outChannels}`, () =>
    kernelModule('winograd', (m) => {
      writeWeights(m, layout);
      writeConvolve(m, layout);
    }),
  );
}

/** Range over in channels: 3x3 weights -> 36 planes of [block of out channels][in][lanes of the block]. */
function writeWeights(m: ModuleBuilder, { inChannels, outChannels, planeU, offsets }: Layout): void {
  m.func('weights', { begin: i32, end: i32, weights: i32, tap: i32, u: i32, threads: i32 }, (f, p) => {
    const between = f.let(p.threads.plus(f.thread.times(offsets.total * 4)));
    f.for(p.begin, p.end, 1, (c) => {
      for (const block of channelBlocks(outChannels)) {
        const lanes = block.vectors * 4;
        f.for(0, block.count, 1, (i) => {
          const first = f.let(i.times(lanes).plus(block.first));
          const from = f.let(p.weights.plus(c.times(outChannels).plus(first).shl(2)));
          const to = f.let(p.u.plus(first.times(inChannels).plus(c.times(lanes)).shl(2)));
          f.for(0, lanes * 4, 16, (v) => {
            const source = f.let(from.plus(v));
            const target = f.let(to.plus(v));
            transform2d(
              ...([f, weightLine, 3, between] as const),
              (row, column) => f.load4(source.plus(p.tap.times(row * 3 + column))),
              (row, column, value) => f.store4(target, value, (row * 6 + column) * planeU * 4),
            );
          });
        });
      }
    });
  });
}

function writeConvolve(m: ModuleBuilder, layout: Layout): void {
  const { inChannels, outChannels, outLanes, tiles, offsets } = layout;
  const gather = writeGather(m, 'gather', 6, inChannels);
  const transformInput = writeInput(m, layout);
  const multiply = writeMultiply(m, layout);
  const transformOutput = writeOutput(m, layout);
  const scatter = writeScatter(m, outChannels);
  const addresses = { x: i32, u: i32, bias: i32, y: i32, threads: i32, floor: f32 };
  const signature = { begin: i32, end: i32, ...addresses, outHeight: i32, outWidth: i32, ...gridSignature };
  m.func('convolve', signature, (f, p) => {
    const v = f.let(p.threads.plus(f.thread.times(offsets.total * 4)));
    const patch = f.let(v.plus(offsets.patch * 4));
    const between = f.let(v.plus(offsets.between * 4));
    const imageBytes = f.let(p.height.times(p.width).times(inChannels * 4));
    const outBytes = f.let(p.outHeight.times(p.outWidth).times(outChannels * 4));
    const outRow = f.let(p.outWidth.times(outChannels * 4));
    f.for(p.begin, p.end, tiles, (first) => {
      const count = f.let(f.select(p.end.minus(first).lt(tiles), p.end.minus(first), i32(tiles)));
      const last = f.let(first.plus(count).minus(1));
      const rowBytes = f.let(p.width.times(inChannels * 4));
      touchRows(f, p, { first, last, size: 6 }, p.x, rowBytes, between);
      f.for(0, count, 1, (t) => {
        const { n, y, x } = locate(f, p, first.plus(t));
        const image = f.let(p.x.plus(n.times(imageBytes)));
        const source = f.let(
          image.plus(
            y
              .times(p.width)
              .plus(x)
              .times(inChannels * 4),
          ),
        );
        const row = f.let(p.width.times(inChannels * 4));
        const isInside = y.ge(0).and(x.ge(0)).and(y.plus(6).le(p.height)).and(x.plus(6).le(p.width));
        f.if(isInside.eqz(), () => {
          f.call(gather, { image, height: p.height, width: p.width, y, x, patch });
          source.set(patch);
          row.set(6 * inChannels * 4);
        });
        f.call(transformInput, { source, row, v: v.plus(t.times(layout.inLanes * 4)), between });
      });
      f.call(multiply, { v, u: p.u, m: v.plus(offsets.m * 4), count });
      const outGrid = { ...p, height: p.outHeight, width: p.outWidth, top: i32(0), left: i32(0) };
      touchRows(f, outGrid, { first, last, size: 4 }, p.y, outRow, between);
      f.for(0, count, 1, (t) => {
        const { n, y, x } = locate(f, { ...p, top: i32(0), left: i32(0) }, first.plus(t));
        const image = f.let(p.y.plus(n.times(outBytes)));
        const from = f.let(v.plus(t.times(outLanes * 4)).plus(offsets.m * 4));
        const target = f.let(
          image.plus(
            y
              .times(p.outWidth)
              .plus(x)
              .times(outChannels * 4),
          ),
        );
        const rest = { m: from, bias: p.bias, floor: p.floor, between };
        f.if(
          y.plus(4).le(p.outHeight).and(x.plus(4).le(p.outWidth)),
          () => f.call(transformOutput, { to: target, row: outRow, ...rest }),
          () => {
            f.call(transformOutput, { to: patch, row: i32(4 * outChannels * 4), ...rest });
            const rows = p.outHeight.minus(y);
            const columns = p.outWidth.minus(x);
            f.call(scatter, { patch, to: target, row: outRow, rows, columns });
          },
        );
      });
    });
  });
}

/** V of one tile: B^T d B for all in channels. */
function writeInput(m: ModuleBuilder, { inChannels, planeV }: Layout) {
  return m.func('input', { source: i32, row: i32, v: i32, between: i32 }, (f, p) => {
    f.for(0, inChannels * 4, 16, (channel) => {
      const rows = [f.let(p.source.plus(channel))];
      for (let i = 1; i < 6; i++) rows.push(f.let(rows[i - 1].plus(p.row)));
      const to = f.let(p.v.plus(channel));
      transform2d(
        ...([f, inputLine, 6, p.between] as const),
        (row, column) => f.load4(rows[row], column * inChannels * 4),
        (row, column, value) => f.store4(to, value, (row * 6 + column) * planeV * 4),
      );
    });
  });
}

/** M = V U for `count` tiles. */
function writeMultiply(m: ModuleBuilder, layout: Layout) {
  const { inChannels, inLanes, outLanes, outChannels, planeV, planeM, planeU } = layout;
  const blocks = channelBlocks(outChannels);
  const tile = (rows: number, vectors: number) =>
    writeProductTile(m, {
      ...{ name: `product ${rows} ${vectors}`, rows, vectors, add: false },
      ...{ leftRow: inLanes * 4, leftStep: 4, outRow: outLanes * 4, rightStep: vectors * 16 },
    });
  const made = new Map<number, { most: ProductTile; four: ProductTile | null }>();
  for (const { vectors, mostRows } of blocks) {
    if (made.has(vectors)) continue;
    made.set(vectors, { most: tile(mostRows, vectors), four: mostRows > 4 ? tile(4, vectors) : null });
  }
  return m.func('multiply', { v: i32, u: i32, m: i32, count: i32 }, (f, p) => {
    const [v, u, out] = [f.let(p.v), f.let(p.u), f.let(p.m)];
    f.for(0, PLANES, 1, () => {
      for (const { first, count, vectors, mostRows } of blocks) {
        const { most, four } = made.get(vectors)!;
        const bytes = inChannels * vectors * 16;
        const right = f.let(u.plus(first * inChannels * 4));
        const column = f.let(out.plus(first * 4));
        f.for(0, count, 1, () => {
          const [left, target] = [f.let(v), f.let(column)];
          const rest = f.let(p.count);
          // The last tile may compute rows beyond `count`: there is room, and nobody reads them.
          f.while(rest.gt(four ? 4 : 0), () => {
            f.call(most, { left, right, end: right.plus(bytes), out: target });
            left.set(left.plus(mostRows * inLanes * 4));
            target.set(target.plus(mostRows * outLanes * 4));
            rest.set(rest.minus(mostRows));
          });
          if (four) {
            f.if(rest.gt(0), () => f.call(four, { left, right, end: right.plus(bytes), out: target }));
          }
          right.set(right.plus(bytes));
          column.set(column.plus(vectors * 16));
        });
      }
      v.set(v.plus(planeV * 4));
      u.set(u.plus(planeU * 4));
      out.set(out.plus(planeM * 4));
    });
  });
}

/** A^T M A + bias of one tile, then max with floor: 4x4 pixels, `row` bytes from row to row. */
function writeOutput(m: ModuleBuilder, { outChannels, planeM }: Layout) {
  const signature = { to: i32, row: i32, m: i32, bias: i32, floor: f32, between: i32 };
  return m.func('output', signature, (f, p) => {
    const vector = (channel: I32, lanes: number): void => {
      const from = f.let(p.m.plus(channel));
      const rows = [f.let(p.to.plus(channel))];
      for (let i = 1; i < 4; i++) rows.push(f.let(rows[i - 1].plus(p.row)));
      const bias = f.let(f.load4(p.bias.plus(channel)));
      const floor = f.let(p.floor.splat());
      transform2d(
        ...([f, outputLine, 6, p.between] as const),
        (row, column) => f.load4(from, (row * 6 + column) * planeM * 4),
        (row, column, value) =>
          f.store4Partial(rows[row], value.plus(bias).pmax(floor), lanes, column * outChannels * 4),
      );
    };
    const whole = (outChannels & -4) * 4;
    f.for(0, whole, 16, (channel) => vector(channel, 4));
    if (outChannels % 4 !== 0) f.block(() => vector(f.let(i32(whole)), outChannels % 4));
  });
}

/** Copies the first rows and columns (up to 4 each) of a 4x4 patch to the result. */
function writeScatter(m: ModuleBuilder, outChannels: number) {
  return m.func('scatter', { patch: i32, to: i32, row: i32, rows: i32, columns: i32 }, (f, p) => {
    const least = (value: I32) => f.select(value.lt(4), value, i32(4));
    const bytes = f.let(least(p.columns).times(outChannels * 4));
    f.for(0, least(p.rows), 1, (row) => {
      const from = f.let(p.patch.plus(row.times(4 * outChannels * 4)));
      const to = f.let(p.to.plus(row.times(p.row)));
      f.for(0, bytes.and(-16), 16, (i) => f.store4(to.plus(i), f.load4(from.plus(i))));
      f.for(bytes.and(-16), bytes, 4, (i) => f.storeF32(to.plus(i), f.loadF32(from.plus(i))));
    });
  });
}
