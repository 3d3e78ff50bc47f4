/** What columns are summed in: four vectors of every row (group.ts). */
const GROUP = 16;
/** The widest row that folding makes. A row of up to GROUP floats is always folded. */
const WIDEST = 256;

/**
 * How [p, features], the rows of an image, are walked in groups of 16 columns, a cache line (four vectors). Few features are
 * folded: `copies` rows are read as one of `width` floats, a multiple of 16, so that 1, 3 or 10 channels run as fast as 16. The
 * rows left over, `tail` floats, are less than one folded row. Many features are not folded; where they are no multiple of 16,
 * the last group starts at width - 16 and overlaps the one before.
 */
interface FoldedRows {
  readonly width: number;
  readonly copies: number;
  /** Folded rows, */
  readonly rows: number;
  /** and the floats after them. */
  readonly tail: number;
}

export function foldRows(p: number, features: number): FoldedRows {
  const copies = copiesOf(features);
  return { width: features * copies, copies, rows: Math.floor(p / copies), tail: (p % copies) * features };
}

function copiesOf(features: number): number {
  let common = 1;
  while (common < GROUP && features % (2 * common) === 0) common *= 2;
  const copies = GROUP / common;
  return features * copies <= WIDEST ? copies : 1;
}
