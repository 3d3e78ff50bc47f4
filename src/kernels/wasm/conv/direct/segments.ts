import { evenTiles } from '../../templates/tile.ts';
import type { Layout } from './layout.ts';

/** `count` tiles of the same offset pattern: their first k, and the frame offset of it in bytes. */
interface Segment {
  pattern: number[];
  firstK: number;
  offset: number;
  count: number;
  /** Bytes in the frame from one tile to the next. */
  step: number;
}

/** Offset patterns beyond these cost more code than uneven tiles cost time. */
const MOST_PATTERNS = 8;

/** Cuts all k into tiles: evenly if that needs few patterns, else row by row of the window. */
export function segments({ conv, cellFloats, rowFloats, planeFloats }: Layout, most: number): Segment[] {
  const offsets = conv.passes[0].taps.flatMap((tap) =>
    Array.from(
      { length: conv.groupIn },
      (_, i) => 4 * (tap.y * rowFloats + tap.x * cellFloats + i * planeFloats),
    ),
  );
  const cut = (from: number, to: number): Segment[] => {
    let k = from;
    return evenTiles(to - from, most).flatMap(({ size, count }) =>
      Array.from({ length: count }, () => {
        const tile = offsets.slice(k, k + size);
        k += size;
        return {
          ...{ pattern: tile.map((offset) => offset - tile[0]), firstK: k - size, offset: tile[0] },
          ...{ count: 1, step: 0 },
        };
      }),
    );
  };
  const even = cut(0, offsets.length);
  const patterns = new Set(even.map(({ pattern }) => pattern.join()));
  if (patterns.size <= MOST_PATTERNS) return join(even);
  const starts = offsets.flatMap((offset, k) => (offset - offsets[k - 1] === 4 * planeFloats ? [] : [k]));
  return join(starts.flatMap((start, i) => cut(start, starts[i + 1] ?? offsets.length)));
}

/** Joins tiles of one pattern that follow each other at a fixed distance. */
function join(tiles: Segment[]): Segment[] {
  const joined: Segment[] = [];
  for (const tile of tiles) {
    const last = joined.at(-1);
    const step = last && (tile.offset - last.offset) / last.count;
    if (last && last.pattern.join() === tile.pattern.join() && (last.count === 1 || step === last.step)) {
      last.step = step!;
      last.count++;
    } else joined.push({ ...tile });
  }
  return joined;
}
