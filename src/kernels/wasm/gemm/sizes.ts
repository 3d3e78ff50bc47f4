import type { FunctionBuilder, I32, Var } from '../builder/index.ts';
import { allocate } from '../runtime/memory.ts';

/**
 * The sizes of a product as its kernel reads them: in a block of memory that is written once, with the plan. They are the same
 * in every call, and a call with twenty arguments takes longer than a small product.
 */
const SIZES = [
  'k', // inner length
  'lastK', // of the last matrix: shorter where the matrices are pieces of one long k
  'block', // of k
  'tileRows', // the first `taller` rows of tiles are one row of C higher
  'taller',
  'columnBlock', // panels in a block of columns
  'matrices',
  'batchA', // bytes from matrix to matrix
  'batchB',
  'batchC',
] as const;

export type Sizes = Record<(typeof SIZES)[number], number>;

/** Puts sizes into memory, for good; gives the address. */
export function writeSizes(sizes: Sizes): number {
  const { buffer, byteOffset } = allocate(SIZES.length);
  new Int32Array(buffer, byteOffset, SIZES.length).set(SIZES.map((name) => sizes[name]));
  return byteOffset;
}

/** Reads the sizes inside a kernel. */
export function readSizes(f: FunctionBuilder, address: I32): Record<keyof Sizes, Var<I32>> {
  const entries = SIZES.map((name, i) => [name, f.let(f.loadI32(address, 4 * i))]);
  return Object.fromEntries(entries) as Record<keyof Sizes, Var<I32>>;
}
