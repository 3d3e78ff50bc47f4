import { type FunctionBuilder, type I32, i32 } from '../../builder/index.ts';
import type { Filter } from './filter.ts';

/**
 * A convolution with stride 2 is one with stride 1 over the four phases of its image, the pixels of even or odd rows and
 * columns, taken as so many channels more: y[i] = sum of x[2 i + k] w[k] is, with k = 2 j + p, a sum over p of convolutions of
 * x[2 (i + j) + p] with the taps w[2 j + p]. A 3x3 kernel has 2x2, 2x1, 1x2 and 1x1 of them in its phases.
 *
 * Filters are those of the phase with the most taps. The others lack the last one, which is their value at infinity: they have
 * nothing in the planes of infinity, so 81 multiplications make 4x4 results in the place of 144.
 */
export interface Phase {
  /** Pixels and taps from one to the next: 2, or 1 where there is one phase only. */
  step: 1 | 2;
  /** 1: the odd rows or columns, which have one tap less and a window one smaller. */
  row: 0 | 1;
  column: 0 | 1;
}

/** What is cut into phases: the image, or the result in the gradient of the image. */
export type Strided = 'image' | 'result' | null;

const ONE: readonly Phase[] = [{ step: 1, row: 0, column: 0 }];
/** In this order those of each plane follow each other (phasesOfPlane). */
const FOUR: readonly Phase[] = [
  { step: 2, row: 0, column: 1 },
  { step: 2, row: 0, column: 0 },
  { step: 2, row: 1, column: 0 },
  { step: 2, row: 1, column: 1 },
];

export const phasesOf = (strided: boolean): readonly Phase[] => (strided ? FOUR : ONE);

/** The first phase that the plane of these points has, and the one past its last. */
export function phasesOfPlane(
  f: FunctionBuilder,
  { tile }: Filter,
  strided: boolean,
  row: I32,
  column: I32,
): { first: I32; past: I32 } {
  if (!strided) return { first: i32(0), past: i32(1) };
  const [lastRow, lastColumn] = [row.eq(tile - 1), column.eq(tile - 1)];
  const first = f.let(f.select(lastColumn, i32(1), i32(0)));
  return { first, past: f.let(f.select(lastRow, i32(2), i32(4).minus(first))) };
}

/** The taps of a phase: how many rows and columns, and which of the kernel's they are. */
export function tapsOf({ taps }: Filter, { step, row, column }: Phase) {
  const kernel = step * (taps - 1) + 1;
  return {
    all: kernel * kernel,
    rows: taps - row,
    columns: taps - column,
    at: (y: number, x: number): number => (step * y + row) * kernel + step * x + column,
  };
}
