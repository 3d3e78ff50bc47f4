import { type FunctionBuilder, type I32, i32 } from '../../builder/index.ts';
import { argumentsOf } from '../../templates/parameters.ts';
import { SECOND_LEVEL_CACHE, touchLines } from '../touch.ts';
import { tilesOf, type WinogradSizes } from './layout.ts';

/**
 * An image cut into tiles: each makes a few pixels of one side (the result, or its gradient) from a window of the other. Tiles
 * are counted over all images, row by row. Kernels get the sizes as arguments, in this order.
 */
export const gridSignature = {
  height: i32,
  width: i32,
  /** Where tile 0's window starts: row -top, column -left. */
  top: i32,
  left: i32,
  tilesY: i32,
  tilesX: i32,
  /** 1: the images are larger than a core's second-level cache, so their rows are touched before use (touchRows). */
  touch: i32,
};
type Grid = { [K in keyof typeof gridSignature]: I32 };

/** The grid's arguments, in their order. */
export function gridArguments(sizes: WinogradSizes): number[] {
  const { batch, height, width, top, left, outHeight, outWidth, inChannels, outChannels } = sizes;
  const floats = batch * Math.max(height * width * inChannels, outHeight * outWidth * outChannels);
  const touch = 4 * floats > SECOND_LEVEL_CACHE ? 1 : 0;
  const [tilesY, tilesX] = tilesOf(sizes);
  return argumentsOf(gridSignature, { height, width, top, left, tilesY, tilesX, touch });
}

/** The tile `index`: its image, and the first row and column of its window of the image; `step` pixels from tile to tile. */
export function locate(
  f: FunctionBuilder,
  grid: Pick<Grid, 'tilesY' | 'tilesX' | 'top' | 'left'>,
  index: I32,
  step: number,
) {
  const inImage = f.let(index.remU(grid.tilesY.times(grid.tilesX)));
  const n = f.let(index.divU(grid.tilesY.times(grid.tilesX)));
  const y = f.let(inImage.divU(grid.tilesX).times(step).minus(grid.top));
  const x = f.let(inImage.remU(grid.tilesX).times(step).minus(grid.left));
  return { n, y, x };
}

/**
 * Touches the images' rows that the tiles [first, last] lie on (../touch.ts): tiles read (and write) a few pixels of several
 * rows at once. At batch 128 on two threads touching takes 10 to 15 % off a convolution and 20 % off the gradient of its weights
 * (16 channels, 32x32). Images that are in the cache already need none of this: there it cost 1 to 4 %.
 */
export function touchRows(
  f: FunctionBuilder,
  grid: Grid,
  tiles: { first: I32; last: I32; step: number; size: number },
  images: I32,
  rowBytes: I32,
  cell: I32,
): void {
  f.if(grid.touch, () => {
    const a = locate(f, grid, tiles.first, tiles.step);
    const b = locate(f, grid, tiles.last, tiles.step);
    const from = f.let(f.select(a.y.lt(0), i32(0), a.y));
    const past = f.let(b.y.plus(tiles.size));
    const to = f.let(f.select(past.lt(grid.height), past, grid.height));
    const start = f.let(images.plus(a.n.times(grid.height).plus(from).times(rowBytes)));
    const end = f.let(images.plus(b.n.times(grid.height).plus(to).times(rowBytes)));
    touchLines(f, start, end, cell);
  });
}
