import type { Detached } from '../nn/norm/core/conventions.ts';
import type { NormEntry } from '../nn/norm/registry.ts';
import type { Derivation } from './derivation.ts';

/**
 * Everything that `explain` says about one norm on one input, as plain data: `--format json` prints it, and the text, the
 * Markdown and the pages of docs/norms are drawn from it. Arrays of numbers are flat, row-major, channels last.
 */
export interface Explanation extends Pick<NormEntry, 'title' | 'paper' | 'kind' | 'sets' | 'parameters'> {
  norm: string;
  /** y from x, one formula per line; as the norm's file has it, where the norm is no plain standardization. */
  formula: string[];
  mode: 'train' | 'eval';
  detach: Detached;
  /** Of x; how the given numbers were read is in `reading`. */
  shape: readonly number[];
  reading: string;
  x: number[];
  y: number[];
  /** dL/dy. */
  upstream: number[];
  /** dL/dx, by the backward pass of the engine. */
  dx: number[];
  /** dL/dx, by central differences. */
  numericDx: number[];
  /** What is learned, with its gradient. */
  learned: { name: string; shape: readonly number[]; value: number[]; gradient: number[] }[];
  /** The three paths; null for norms that are something else than one standardization over index sets. */
  standardization: Standardization | null;
  check: { maxDiff: number; passed: boolean };
  invariants: Invariant[];
  /** On what y_i depends besides x_i; empty: on nothing else. */
  reach: string[];
  /** S_i and the Jacobian drawn; for images (`--shape`), and where one element is asked about (`--at`). */
  picture: Picture | null;
  /** What a backward pass computes that leaves out a part: the largest error of dx. */
  forgetting: { what: string; error: number }[];
  /** The formulas of the norm's file. */
  derivation: Derivation;
  /** Surprises of this input: m = 2, a constant set, a parameter that does not start as shown. */
  notes: string[];
  /** Commands to go on with. */
  tries: string[];
}

/** One standardization: xHat = (x - mu) / sigma over index sets of m values. */
export interface Standardization {
  m: number;
  sets: SetOfValues[];
  eps: number;
  epsInside: boolean;
  ddof: 0 | 1;
  centred: boolean;
  /** Evaluation: mu and sigma are constants. */
  constants: boolean;
  xHat: number[];
  /** g = gamma dy. */
  g: number[];
  /** The three terms of dx, each over all of x; null where there is no such path, or the path is detached. */
  direct: number[];
  viaMean: number[] | null;
  viaVariance: number[] | null;
  /** Energies (sums of squares) relative to that of the direct path. */
  energy: { mean: number; variance: number; kept: number; expected: number };
}

/** One index set: its statistics, and the derivatives of L by them. */
interface SetOfValues {
  members: number[];
  mean: number;
  variance: number;
  sigma: number;
  /** dL/dmu and dL/dv; null where there is no such path, or the path is detached. */
  dMean: number | null;
  dVariance: number | null;
}

export interface Invariant {
  /** `Σdx = 0`, with the sets that the sum runs over. */
  law: string;
  holds: boolean;
  /** The distance from what the law says. */
  residual: number;
  /** The measured value where the law does not hold, or has an exact value other than 0. */
  value: number | null;
  /** What the law means for the user of the norm. */
  says: string;
}

export interface Picture {
  shape: readonly number[];
  /** The element i that it is about, as a flat index. */
  element: number;
  /** One flag per element: whether it shares statistics with i; of norms that are no plain standardization, whether y_i depends on it. */
  members: boolean[];
  /** With `at`: dy_i/dx_j, which is dx by the engine's backward where dy is 1 at i and 0 elsewhere. */
  row: number[] | null;
  /** The flat indices, in the order of the Jacobian's rows and columns. */
  order: number[];
  /** |dy_i/dx_j|, rows i and columns j in the order n, c, h, w; relative to the largest. */
  jacobian: number[][];
  rank: number;
}
