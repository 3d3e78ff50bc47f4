import { remember } from '../../runtime/remember.ts';
import type { ConvLayer } from '../sizes.ts';

/**
 * Winograd's minimal filtering F(4x4, taps x taps): a tile of 4x4 results from `tile` x `tile` values of the image, with as many
 * multiplications.
 *
 * It is multiplication of polynomials by evaluation at `tile` points: +-p for each p of `points`, then infinity, and 0 before
 * them all in tiles of even size.
 */
export interface Filter {
  taps: number;
  outputs: 4;
  /** taps + 3. */
  tile: number;
  /** tile^2: a value of each point of a tile is in a plane of its own. */
  planes: number;
  points: readonly number[];
  hasZero: boolean;
}

/**
 * The points by taps. Lavin and Gray take 1 and 2 for 3 taps. Their powers make sums of numbers of very different size, which
 * costs digits; 5/8 and 3/2 (oneDNN's choice) keep them close to 1 and the error several times smaller (../README.md). The
 * others have the least error of some hundred that were tried. All are exact in float32.
 */
const POINTS: Readonly<Record<number, readonly number[]>> = {
  2: [3 / 8, 11 / 8],
  3: [5 / 8, 3 / 2],
  5: [1 / 2, 1, 2],
};

const filter = remember((taps): Filter => {
  const [points, tile] = [POINTS[taps], taps + 3];
  return { taps, outputs: 4, tile, planes: tile * tile, points, hasZero: tile % 2 === 0 };
});

/** That of a square convolution of 3 or 5 taps with stride 1, or of 3 with stride 2 (phases.ts); one object for each. */
export const filterOf = ({ geometry: { kernel, stride } }: ConvLayer): Filter =>
  filter(stride[0] === 1 ? kernel[0] : (kernel[0] + 1) / 2);
