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

/** Of all rows that PyTorch was asked for: in how many the 95 % interval of the difference leaves out 0. */
export function countApart(
  { published = [], figure }: Experiment,
  runs: readonly RunRecord[],
  inTorch: readonly RunRecord[],
): { apart: number; rows: number } {
  const [ours, theirs] = [resultsOf(runs), resultsOf(inTorch)];
  const halves = published
    .filter(({ pytorch }) => pytorch)
    .map(({ where, measure = figure.y }) => minusTorch(ours, theirs, { where, measure }))
    .map((difference) => ({ mean: Math.abs(difference.mean), half: halfInterval(difference) }))
    .filter(({ half }) => half !== undefined);
  return { apart: halves.filter(({ mean, half }) => mean > half!).length, rows: halves.length };
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
