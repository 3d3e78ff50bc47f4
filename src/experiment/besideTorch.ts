/** Our runs beside the same in PyTorch, seed by seed, since both begin with the same weights and see the same batches. */
import { pairedDifference, type Summary } from '../charts/statistics.ts';
import { halfInterval } from '../charts/studentT.ts';
import { armsOf, type Claim, singlesOf } from './claim.ts';
import { type Judgement, judge } from './judge.ts';
import type { MeasureChoice } from './measures.ts';
import type { Point } from './point.ts';
import { bySeed, type Results, type RunRecord, resultsOf } from './results.ts';
import type { Experiment } from './spec.ts';

/** Ours minus PyTorch's, over the seeds that both have. */
export function minusTorch(
  ours: Results,
  theirs: Results,
  { where, measure }: { where: Partial<Point>; measure: MeasureChoice },
): Summary {
  return pairedDifference(bySeed(ours, where, measure), bySeed(theirs, where, measure));
}

/** Scores are of size 1: what differs by less has not been moved by a run, it is rounded otherwise. */
const ROUNDING = 1e-6;

/** How far both engines' runs of an experiment agree. */
export interface Agreement {
  /** Rows of the table that PyTorch was asked for, and in how many of them the 95 % interval of the difference leaves out 0 and more than rounding. */
  rows: number;
  apart: number;
  /** Claims that both can be judged on, and how many of them come out alike. */
  claims: number;
  alike: number;
}

export function agreement(
  { published = [], figure, claims }: Experiment,
  runs: readonly RunRecord[],
  inTorch: readonly RunRecord[],
): Agreement {
  const [ours, theirs] = [resultsOf(runs), resultsOf(inTorch)];
  const halves = published
    .filter(({ pytorch }) => pytorch)
    .map(({ where, measure = figure.y }) => minusTorch(ours, theirs, { where, measure }))
    .map((difference) => ({ mean: Math.abs(difference.mean), half: halfInterval(difference) }))
    .filter(({ half }) => half !== undefined);
  const pairs = claims.flatMap((claim) => {
    const there = judgeInTorch(claim, runs, inTorch);
    return there ? [[judge(claim, ours).outcome, there.outcome]] : [];
  });
  return {
    rows: halves.length,
    apart: halves.filter(({ mean, half }) => mean > Math.max(half!, ROUNDING)).length,
    claims: pairs.length,
    alike: pairs.filter(([here, there]) => here === there).length,
  };
}

/** What PyTorch's runs say of a claim; undefined where they are not those of all its arms, or have not its measure, and for a program. */
export function judgeInTorch(
  claim: Claim,
  runs: readonly RunRecord[],
  inTorch: readonly RunRecord[],
): Judgement | undefined {
  const [ours, theirs] = [resultsOf(runs), resultsOf(inTorch)];
  const arms = singlesOf(claim).flatMap(armsOf);
  const isWhole = arms.every((arm) => theirs.where(arm).length === ours.where(arm).length);
  if (arms.length === 0 || !isWhole) return undefined;
  const judgement = judge(claim, theirs);
  return judgement.n > 0 ? judgement : undefined;
}
