import type { MeasureChoice } from './measures.ts';
import type { Grid, Point } from './point.ts';
import type { Results } from './results.ts';

/** The values that a claim wants, either end included. */
export interface Wanted {
  atLeast?: number;
  atMost?: number;
}

/** What a function of the experiment's own found, and what was wanted of it. */
export interface Verdict extends Wanted {
  value: number;
  /** A ratio, whose logarithm spreads evenly: its interval is that of the logarithm. */
  isRatio?: boolean;
}

/** Which runs: those at these values. Of several points, the mean of each seed counts. */
type Arm<G extends Grid> = Partial<Point<G>>;

/** What is compared, of which measure, and what is wanted of it. Judged over the seeds (judge.ts). */
export type Comparison<G extends Grid = Grid> =
  /** The mean over the seeds. */
  | ({ level: Arm<G>; of: MeasureChoice } & Wanted)
  /** The first minus the second, seed by seed. */
  | ({ difference: readonly [Arm<G>, Arm<G>]; of: MeasureChoice } & Wanted)
  /** The first by the second, seed by seed; both are to be above 0. */
  | ({ ratio: readonly [Arm<G>, Arm<G>]; of: MeasureChoice } & Wanted)
  /** A law, of every single run: it has no spread, so there is no interval. */
  | ({ each: Arm<G>; of: MeasureChoice } & Wanted)
  /** Held if all are, failed if one is. */
  | { all: readonly Comparison<G>[] }
  /** Held if one is, failed if all are. */
  | { any: readonly Comparison<G>[] };

/**
 * What a program finds by itself, for what no comparison can say. A number has an interval: the program is asked again without each
 * seed in turn (jackknife.ts). A boolean has none.
 */
interface Check<G extends Grid> {
  check: (results: Results<G>) => Verdict | boolean;
}

/** A sentence about the results that a program can judge. */
export type Claim<G extends Grid = Grid> = { says: string } & (Comparison<G> | Check<G>);

/** A comparison that is not made of others. */
export type Single = Exclude<Comparison, { all: unknown } | { any: unknown }>;

/** What a claim is made of in the end. A `check` has no parts. */
export function singlesOf(claim: Claim | Comparison): Single[] {
  if ('check' in claim) return [];
  if ('all' in claim) return claim.all.flatMap(singlesOf);
  if ('any' in claim) return claim.any.flatMap(singlesOf);
  return [claim];
}

/** The arms of a comparison, in its order. */
export function armsOf(single: Single): readonly Partial<Point>[] {
  if ('level' in single) return [single.level];
  if ('each' in single) return [single.each];
  return 'difference' in single ? single.difference : single.ratio;
}

/** All these arms within `by` of one another: the difference of every pair. */
export function alike<const Where>(arms: readonly Where[], of: MeasureChoice, by: number) {
  return {
    all: arms.flatMap((first, i) =>
      arms
        .slice(i + 1)
        .map((second) => ({ difference: [first, second] as const, of, atLeast: -by, atMost: by })),
    ),
  };
}
