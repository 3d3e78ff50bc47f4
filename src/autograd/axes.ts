import { shown } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';

/** Which axes an operation works along: one or several, negative ones counted from the end. undefined: all of them. */
export type Axes = number | readonly number[] | undefined;

/** The axes as ascending indices into a shape of `rank`; throws for one outside of it or named twice. */
export function normalizeAxes(name: string, axes: Axes, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (typeof axes !== 'number' && !Array.isArray(axes)) {
    throw new Error(`${name}: axes are a number or a list of numbers, got ${shown(axes)}.`);
  }
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => {
    const index = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(index) && index >= 0 && index < rank) return index;
    if (rank === 0) {
      throw new Error(
        `${name}: a tensor of rank 0 is a single number and has no axis ${shown(axis)}; reshape(x, [1]) gives it one.`,
      );
    }
    throw new Error(
      `${name}: axis ${shown(axis)} does not exist in a tensor of rank ${rank}; use -${rank} to ${rank - 1}.`,
    );
  });
  const sorted = list.sort((a, b) => a - b);
  if (sorted.some((axis, i) => axis === sorted[i + 1]))
    throw new Error(`${name}: axes [${sorted.join(', ')}] name an axis twice.`);
  return sorted;
}

/** The one axis as an index; throws for several. */
export function normalizeAxis(name: string, axis: number, rank: number): number {
  if (typeof axis !== 'number') throw new Error(`${name}: axis must be a number, got ${shown(axis)}.`);
  return normalizeAxes(name, axis, rank)[0];
}

/** The shape without the reduced axes, or with them as 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((length, i) => (axes.includes(i) ? 1 : length));
  return shape.filter((_, i) => !axes.includes(i));
}

/** How many values are reduced to one. */
export function reducedCount(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((count, axis) => count * shape[axis], 1);
}
