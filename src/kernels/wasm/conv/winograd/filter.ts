import { remember } from '../../runtime/remember.ts';
import type { ConvLayer } from '../sizes.ts';

/**
 * Winograd's minimal filtering F(outputs x outputs, taps x taps): a tile of so many results from `tile` x `tile` values of the
 * image, with as many multiplications.
 *
 * It is multiplication of polynomials by evaluation at `tile` points: +-p for each p of `points`, then infinity, and 0 before
 * them all in tiles of even size.
 */
export interface Filter {
  taps: number;
  /** tile + 1 - taps. */
  outputs: number;
  tile: number;
  /** tile^2: a value of each point of a tile is in a plane of its own. */
  planes: number;
  points: readonly number[];
  hasZero: boolean;
}

/**
 * The points of each tile. Lavin and Gray take 1 and 2 for a tile of six. Their powers make sums of numbers of very different
 * size, which costs digits; 5/8 and 3/2 (oneDNN's choice) keep them close to 1 and the error several times smaller
 * (../README.md). All are exact in float32.
 */
const POINTS: Readonly<Record<number, readonly number[]>> = {
  5: [3 / 8, 11 / 8],
  6: [5 / 8, 3 / 2],
};

/** One object for the same lengths. */
export const filter = remember((taps, tile): Filter => {
  const points = POINTS[tile];
  return { taps, outputs: tile + 1 - taps, tile, planes: tile * tile, points, hasZero: tile % 2 === 0 };
});

/** That of a square convolution with stride 1 or 2 (phases.ts). */
export function filterOf({ geometry: { kernel, stride } }: ConvLayer): Filter {
  return stride[0] === 1 ? filter(kernel[0], 6) : filter((kernel[0] + 1) / 2, 5);
}
