import type { FunctionBuilder, I32 } from '../../builder/index.ts';
import type { Reader } from '../../templates/parameters.ts';

/** Sums or coefficients of one set. */
export const SLOT_BYTES = 32;

/** Items are (row, chunk), chunks first; there is one set to a row. */
export function eachChunk(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  { word }: Reader<'parts' | 'group' | 'k'>,
  body: (chunk: { item: I32; row: I32; column: I32; floats: I32; k: I32 }) => void,
): void {
  const [parts, size, k] = [word('parts'), word('group'), word('k')];
  f.for(begin, end, 1, (item) => {
    const row = f.let(item.divU(parts));
    const column = f.let(item.minus(row.times(parts)).times(size));
    const left = f.let(k.minus(column));
    body({ item, row, column, floats: f.let(f.select(left.lt(size), left, size)), k });
  });
}

/** Adds the pairs of sums of each row's chunks into the first one's, in order; then `body`. */
export function joinChunks(
  f: FunctionBuilder,
  { word }: Reader<'parts' | 'sums' | 'rows'>,
  body: (set: I32, sums: I32) => void,
): void {
  const [parts, sums] = [word('parts'), word('sums')];
  f.for(0, word('rows'), 1, (row) => {
    const own = f.let(sums.plus(row.times(parts).shl(4)));
    const total = f.let(f.load2d(own));
    f.for(own.plus(16), own.plus(parts.shl(4)), 16, (at) => total.set(total.plus(f.load2d(at))));
    f.store4(own, total);
    body(row, own);
  });
}
