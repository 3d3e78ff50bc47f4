/** Our runs beside the same in PyTorch, seed by seed, since both begin with the same weights and see the same batches. */
import { pairedDifference, type Summary } from '../charts/statistics.ts';
import { halfInterval } from '../charts/studentT.ts';
import { toJson } from '../json.ts';
import { armsOf, type Claim, singlesOf } from './claim.ts';
import { type Judgement, judge } from './judge.ts';
import type { MeasureChoice } from './measures.ts';
import type { Point } from './point.ts';
import { bySeed, type RunRecord, resultsOf } from './results.ts';
import type { Experiment } from './spec.ts';

/** Ours minus PyTorch's at one row of a table, over the runs that both have. */
export interface MinusTorch extends Summary {
  /** Of the 95 % interval; undefined with fewer than two seeds. */
  half: number | undefined;
  /** How many seeds the row has in the engine that has more. */
  seeds: number;
  /**
   * 'same' where no seed differs, 'apart' where the interval leaves out 0, or a seed ends without a value in one engine only, and
   * 'within' otherwise. Undefined where there is nothing to compare.
   */
  verdict: 'same' | 'within' | 'apart' | undefined;
}

/** Runs are kept with six digits, and float32 rounds a number of size 1 to this: less is no difference. */
const DIGITS = 1e-5;
const FLOAT32 = 2 ** -24;

export function minusTorch(
  ours: readonly RunRecord[],
  theirs: readonly RunRecord[],
  { where, measure }: { where: Partial<Point>; measure: MeasureChoice },
): MinusTorch {
  const values = (runs: readonly RunRecord[]) => bySeed(resultsOf(runs), where, measure);
  const here = values(thoseIn(ours, theirs));
  const there = values(thoseIn(theirs, ours));
  const difference = pairedDifference(here, there);
  const half = halfInterval(difference);
  const pairs = [...here].map(([seed, value]) => [value, there.get(seed)!]);
  const isLostInOne = pairs.some(([a, b]) => Number.isFinite(a) !== Number.isFinite(b));
  const size = Math.max(...pairs.flat().filter(Number.isFinite).map(Math.abs));
  const isBeyond =
    Math.abs(difference.mean) > Math.max(half ?? Number.POSITIVE_INFINITY, DIGITS * size, FLOAT32);
  const isSame = difference.n > 0 && difference.values.every((value) => value === 0);
  return {
    ...difference,
    half,
    seeds: Math.max(values(ours).size, values(theirs).size),
    verdict: isLostInOne || isBeyond ? 'apart' : isSame ? 'same' : half === undefined ? undefined : 'within',
  };
}

/** How far both engines' runs of an experiment agree. */
export interface Agreement {
  /** Rows of the table that both can be compared in, by how they come out. */
  rows: number;
  same: number;
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
  const verdicts = published
    .filter(({ pytorch }) => pytorch)
    .flatMap(({ where, measure = figure.y }) => minusTorch(runs, inTorch, { where, measure }).verdict ?? []);
  const ours = resultsOf(runs);
  const pairs = claims.flatMap((claim) => {
    const there = judgeInTorch(claim, runs, inTorch);
    return there ? [[judge(claim, ours).outcome, there.outcome]] : [];
  });
  return {
    rows: verdicts.length,
    same: verdicts.filter((verdict) => verdict === 'same').length,
    apart: verdicts.filter((verdict) => verdict === 'apart').length,
    claims: pairs.length,
    alike: pairs.filter(([here, there]) => here === there).length,
  };
}

/** What PyTorch's runs say of a claim; undefined where they are not those of all its arms, or none has its measure, and for a program. */
export function judgeInTorch(
  claim: Claim,
  runs: readonly RunRecord[],
  inTorch: readonly RunRecord[],
): Judgement | undefined {
  const [ours, theirs] = [resultsOf(runs), resultsOf(inTorch)];
  const arms = singlesOf(claim).flatMap(armsOf);
  const isWhole = arms.every((arm) => {
    const [here, there] = [ours.where(arm), theirs.where(arm)];
    return here.length === there.length && thoseIn(here, there).length === here.length;
  });
  if (arms.length === 0 || !isWhole) return undefined;
  const judgement = judge(claim, theirs);
  return judgement.n > 0 ? judgement : undefined;
}

/** Runs that two experiments have in common, so that PyTorch was asked for them twice. */
export interface MadeTwice {
  runs: number;
  /** The largest distance between the two test accuracies, 0 to 1. */
  apart: number;
  /** Of how many of them our final weights are the same in both, bit by bit. */
  same: number;
}

export function madeTwice(inTorch: readonly RunRecord[], ours: readonly RunRecord[]): MadeTwice {
  const twice = pairsOf(inTorch);
  const same = pairsOf(ours).filter(([one, other]) => one.digest === other.digest);
  const isSame = new Set(same.map(([{ run }]) => run));
  const apart = twice.map(([one, other]) =>
    Math.abs((one.test?.accuracy ?? 0) - (other.test?.accuracy ?? 0)),
  );
  return {
    runs: twice.length,
    apart: Math.max(0, ...apart),
    same: twice.filter(([{ run }]) => isSame.has(run)).length,
  };
}

/** A run's first record with each later one of the same name. */
function pairsOf(runs: readonly RunRecord[]): [RunRecord, RunRecord][] {
  const first = new Map<string, RunRecord>();
  return runs.flatMap((record) => {
    const before = first.get(record.run);
    if (before === undefined) first.set(record.run, record);
    return before === undefined ? [] : [[before, record]];
  });
}

/** Of `runs` those of the same points and seeds as one of `others`. */
function thoseIn(runs: readonly RunRecord[], others: readonly RunRecord[]): RunRecord[] {
  const keyOf = ({ point, seed }: RunRecord) => toJson([point, seed]);
  const known = new Set(others.map(keyOf));
  return runs.filter((run) => known.has(keyOf(run)));
}
