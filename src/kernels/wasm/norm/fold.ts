/**
 * How [p, features], the rows of an image, X (two vectors). Few features
 * are folded: `copies` rows are read as one of `width` floats, a multiple of 8, so that 1, 3 or 10 channels run as fast as
 * 8. What is left of the rows, `tail` floats, is less than one folded row. Many features are not folded; where they
 * are no multiple of 8, the last group starts at width - 8 and overlaps the one before.
 */
export interface Fold {
  readonly width: number;
  readonly copies: number;
  /** Folded rows. */
  readonly rows: number;
  /** Floats after them. */
  readonly tail: number;
}

const GROUP = 16;
/** The widest row that folding makes. A row of up to GROUP floats is always folded. */
const WIDEST = 256;

export function fold(p: number, features: number): Fold {
  const copies = foldCopies(features);
  return { width: features * copies, copies, rows: Math.floor(p / copies), tail: (p % copies) * features };
}

function foldCopies(features: number): number {
  let common = 1;
  while (common < GROUP && features % (2 * common) === 0) common *= 2;
  const copies = GROUP / common;
  return features * copies <= WIDEST ? copies : 1;
}
