import type { Address, FunctionBuilder, I32 } from '../../builder/index.ts';
import { reader } from '../task.ts';

/** Sums or coefficients of one set. */
export const SLOT_BYTES = 32;

export const at8 = (base: I32, index: I32): I32 => base.plus(index.shl(3));

/** This thread's own scratch. */
export function ownScratch(f: FunctionBuilder, task: Address): I32 {
  const { word } = reader(f, task);
  return f.let(word('own').plus(f.thread.times(word('ownBytes'))));
}

/** Items are (row, chunk), chunks first; there is one set to a row. */
export function eachChunk(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  task: Address,
  body: (chunk: { item: I32; row: I32; column: I32; floats: I32; k: I32 }) => void,
): void {
  const { word } = reader(f, task);
  const [parts, size, k] = [word('parts'), word('group'), word('k')];
  f.for(begin, end, 1, (item) => {
    const row = f.let(item.divU(parts));
    const column = f.let(item.minus(row.times(parts)).times(size));
    const left = f.let(k.minus(column));
    body({ item, row, column, floats: f.let(f.select(left.lt(size), left, size)), k });
  });
}

/** Adds the pairs of sums of each row's chunks into the first one's, in order. */
export function joinChunks(f: FunctionBuilder, task: Address, body: (set: I32, sums: I32) => void): void {
  const { word } = reader(f, task);
  const [parts, sums] = [word('parts'), word('sums')];
  f.for(0, word('images'), 1, (row) => {
    const own = f.let(sums.plus(row.times(parts).shl(4)));
    const total = f.let(f.load2d(own));
    f.for(own.plus(16), own.plus(parts.shl(4)), 16, (at) => total.set(total.plus(f.load2d(at))));
    f.store4(own, total);
    body(row, own);
  });
}
