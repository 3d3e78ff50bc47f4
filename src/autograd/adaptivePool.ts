import { shown } from '../errors.ts';
import { avgPool2d, images, maxPool2d } from './pool.ts';
import { concat, slice } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * Pools that are told the size of their result: position i of `out` covers the cells floor(i L / out) to ceil((i + 1) L / out)
 * of an axis of length L, as in PyTorch. Where out divides L that is an ordinary pool. Elsewhere windows differ in length, and
 * may overlap; since they are rectangles, the columns are pooled first and then the rows, each position from its own slice.
 */

/** Both lengths of the result; null leaves that axis as it is. */
export type OutputSize = number | readonly [number | null, number | null];

/** The means of H' x W' windows that cover the image: [N, H, W, C] -> [N, H', W', C].   dy / cells goes to every cell. */
export const adaptiveAvgPool2d = (x: Tensor, size: OutputSize) =>
  adaptive('adaptiveAvgPool2d', avgPool2d, x, size);

/** The largest values of H' x W' windows that cover the image: [N, H, W, C] -> [N, H', W', C].   dy goes to the first maximum. */
export const adaptiveMaxPool2d = (x: Tensor, size: OutputSize) =>
  adaptive('adaptiveMaxPool2d', maxPool2d, x, size);

type Pool = (x: Tensor, size: readonly [number, number]) => Tensor;

function adaptive(name: string, pool: Pool, x: Tensor, size: OutputSize): Tensor {
  const { shape } = images(name, x);
  checkOutputSize(name, size);
  const [rows, columns] = Array.isArray(size) ? size : [size, size];
  const [height, width] = [rows ?? shape[1], columns ?? shape[2]];
  if (shape[1] === 0 || shape[2] === 0) {
    throw new Error(`${name}: there is nothing to pool in images [${shape.join(', ')}].`);
  }
  if (shape[1] % height === 0 && shape[2] % width === 0) {
    return pool(x, [shape[1] / height, shape[2] / width]);
  }
  return along(pool, along(pool, x, 2, width), 1, height);
}

/** One axis pooled to `out` positions. */
function along(pool: Pool, x: Tensor, axis: 1 | 2, out: number): Tensor {
  const length = x.shape[axis];
  if (out === length) return x;
  const parts = Array.from({ length: out }, (_, i) => {
    const from = Math.floor((i * length) / out);
    const cells = Math.ceil(((i + 1) * length) / out) - from;
    const begin = x.shape.map((_, each) => (each === axis ? from : 0));
    const size = x.shape.map((whole, each) => (each === axis ? cells : whole));
    return pool(slice(x, begin, size), axis === 1 ? [cells, 1] : [1, cells]);
  });
  return concat(parts, axis);
}

/** Of one axis: each position is an operation of its own. */
export const MOST_POSITIONS = 4096;

/** Throws for a size that no result has. */
export function checkOutputSize(name: string, size: unknown): void {
  const list = Array.isArray(size) ? size : [size, size];
  const isLength = (each: unknown) =>
    (each === null && Array.isArray(size)) ||
    (Number.isSafeInteger(each) && (each as number) > 0 && (each as number) <= MOST_POSITIONS);
  if (list.length === 2 && list.every(isLength)) return;
  throw new Error(
    `${name}: the size of the result is a whole number from 1 to ${MOST_POSITIONS}, or [height, width] of them, null where an axis ` +
      `stays as it is; got ${shown(size)}.`,
  );
}
