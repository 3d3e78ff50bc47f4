/**
 * The parts of a reduction. They follow from the problem alone, never from the number of threads, so that sums
 * come out the same bits on any machine: one partial result for each part, added up in the order of the parts.
 */
export interface Parts {
  readonly count: number;
  /** Items in a part, a multiple of 4; the last part may have fewer. */
  readonly size: number;
}

/**
 * Cuts `items` into at most `most` parts of at least `smallest` items. Choose `smallest` worth some 10 us of
 * work, and `most` so that adding up the parts costs nothing beside making them.
 */
export function fixedParts(items: number, smallest: number, most = 32): Parts {
  const size = Math.ceil(Math.max(smallest, items / most, 1) / 4) * 4;
  return { count: Math.max(1, Math.ceil(items / size)), size };
}
