/** What the seeds say of a claim, and how surely. */
import { pairedDifference, type Summary, summarize } from '../charts/statistics.ts';
import { halfInterval } from '../charts/studentT.ts';
import { ConfigError, shown } from '../errors.ts';
import { codeName } from '../train/code/names.ts';
import { armsOf, type Claim, type Comparison, type Single, type Wanted } from './claim.ts';
import { jackknifeInterval } from './jackknife.ts';
import { measureOf } from './measures.ts';
import type { Point } from './point.ts';
import { bySeed, finalValue, type Results, resultsOf, withoutTheRest } from './results.ts';

/** Worst first. */
const outcomes = ['failed', 'undecided', 'held'] as const;
export type Outcome = (typeof outcomes)[number];

export interface Judgement extends Wanted {
  outcome: Outcome;
  /** What `value` is; of 'each', the run's that is nearest to the threshold or furthest beyond. */
  kind: 'level' | 'difference' | 'ratio' | 'each' | 'check';
  value: number;
  /** 95 % confidence interval of the mean by Student's t; of a ratio, that of its logarithm; of a check by the jackknife. */
  interval?: readonly [number, number];
  /** How many seeds, or of 'each' how many runs, gave a value. */
  n: number;
  /** How many gave none, because a run diverged or failed, or has no logarithm. */
  lost: number;
  /** How many seeds only one of two arms has. */
  unpaired: number;
  unit?: string;
  /** `batch - group`: what was compared. */
  arms: string;
  /** Where the claim is made of several: how, and every one. The fields above are then those of the one that decides. */
  of?: 'all' | 'any';
  parts?: readonly Judgement[];
}

/**
 * 'held' where the whole confidence interval is as wanted, 'failed' where none of it is, and otherwise, as with one seed, 'undecided'. So
 * is a claim about runs of which one diverged or failed: to leave its seed out would favour the arm that loses runs. Every part of a claim
 * has an interval of its own at 95 %; nothing is corrected for their number.
 */
export function judge(claim: Claim | Comparison, results: Results): Judgement {
  if ('all' in claim || 'any' in claim) return judgeParts(claim, results);
  if ('check' in claim) return judgeCheck(claim, results);
  return 'each' in claim ? judgeEach(claim, results) : judgeInterval(claim, results);
}

function judgeParts(
  claim: Extract<Comparison, { all: unknown } | { any: unknown }>,
  results: Results,
): Judgement {
  const of = 'all' in claim ? 'all' : 'any';
  const parts = ('all' in claim ? claim.all : claim.any).map((part) => judge(part, results));
  const sorted = [...parts].sort(
    (a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome) || slack(a) - slack(b) || 0,
  );
  if (parts.length === 1) return parts[0];
  // All are held where the worst is; one is where the best is.
  return { ...(of === 'all' ? sorted[0] : sorted[sorted.length - 1]), of, parts };
}

function judgeInterval(single: Exclude<Single, { each: unknown }>, results: Results): Judgement {
  const { of } = single;
  const { unit } = measureOf(of);
  const [first, second] = armsOf(single).map((arm) => bySeed(results, arm, of));
  const isRatio = 'ratio' in single;
  // Of a number that is not above 0 the logarithm is none, and its seed counts as lost.
  const paired = (a: typeof first, b: typeof first) =>
    isRatio ? pairedDifference(logs(a), logs(b)) : pairedDifference(a, b);
  const summary = second ? paired(first, second) : summarize([...first.values()]);
  const back = isRatio ? Math.exp : (value: number) => value;
  const interval = intervalOf(summary)?.map(back) as [number, number] | undefined;
  const { n, diverged: lost } = summary;
  const kind = isRatio ? 'ratio' : second ? 'difference' : 'level';
  return {
    outcome: lost > 0 || !interval ? 'undecided' : outcomeOf(interval, single),
    ...{ kind, value: back(summary.mean), interval, n, lost },
    unpaired: second ? first.size + second.size - 2 * (n + lost) : 0,
    unit: isRatio ? undefined : kind === 'difference' && unit === '%' ? 'points' : unit,
    arms: armsText(single),
    ...wantedOf(single),
  };
}

function judgeEach(single: Extract<Single, { each: unknown }>, results: Results): Judgement {
  const values = results.where(single.each).map((run) => finalValue(run, single.of));
  const numbers = values.filter((value) => !Number.isNaN(value));
  const margin = (value: number) => slack({ value, ...wantedOf(single) });
  const value = numbers.reduce((a, b) => (margin(b) < margin(a) ? b : a), numbers[0] ?? Number.NaN);
  const lost = values.length - numbers.length;
  const isKept = lost === 0 && numbers.length > 0;
  return {
    outcome: margin(value) < 0 && numbers.length > 0 ? 'failed' : isKept ? 'held' : 'undecided',
    ...{ kind: 'each', value, n: numbers.length, lost, unpaired: 0 },
    unit: measureOf(single.of).unit,
    arms: armsText(single),
    ...wantedOf(single),
  };
}

/** A boolean says no more than whether it held. Throws a ConfigError for what a program returned that is no verdict. */
function judgeCheck({ says, check }: Extract<Claim, { check: unknown }>, results: Results): Judgement {
  const ask = (runs: Results['runs']) => check(withoutTheRest(resultsOf(runs)));
  const verdict = ask(results.runs);
  const none = { kind: 'check', lost: 0, unpaired: 0, arms: '' } as const;
  if (typeof verdict === 'boolean') {
    return { outcome: verdict ? 'held' : 'failed', value: Number.NaN, n: 0, ...none };
  }
  const { value, isRatio = false, atLeast, atMost } = verdict ?? {};
  const bounds = [atLeast, atMost].filter((bound) => bound !== undefined);
  if (typeof value !== 'number' || bounds.length === 0 || !bounds.every(Number.isFinite)) {
    throw new ConfigError(undefined, `claim "${says}": its check returned ${shown(verdict)}`, [
      'return { value, atLeast }, { value, atMost } or a boolean',
    ]);
  }
  const [forward, back] = isRatio ? [Math.log, Math.exp] : [(x: number) => x, (x: number) => x];
  const seeds = [...new Set(results.runs.map(({ seed }) => seed))];
  // Without the only seed there would be no run to ask of
  const left = seeds.length > 1 ? seeds : [];
  const without = left.map((out) => {
    const found = ask(results.runs.filter(({ seed }) => seed !== out));
    return typeof found === 'boolean' ? Number.NaN : forward(found.value);
  });
  const interval = jackknifeInterval(forward(value), without)?.map(back) as [number, number] | undefined;
  const outcome = interval ? outcomeOf(interval, verdict) : 'undecided';
  return { outcome, value, interval, n: seeds.length, ...none, ...wantedOf(verdict) };
}

function logs(values: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...values].map(([seed, value]) => [seed, Math.log(value)]));
}

function intervalOf(summary: Summary): [number, number] | undefined {
  const half = halfInterval(summary);
  return half === undefined ? undefined : [summary.mean - half, summary.mean + half];
}

function outcomeOf(
  [low, high]: readonly [number, number],
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Wanted,
): Outcome {
  if (low >= atLeast && high <= atMost) return 'held';
  return high < atLeast || low > atMost ? 'failed' : 'undecided';
}

/** How far a value, or the worse end of its interval, is from being other than wanted. */
function slack(measured: Wanted & Pick<Judgement, 'value' | 'interval'>): number {
  const { value, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = measured;
  const [low, high] = measured.interval ?? [value, value];
  const least = Math.min(low - atLeast, atMost - high);
  return Number.isNaN(least) ? Number.NEGATIVE_INFINITY : least;
}

function wantedOf({ atLeast, atMost }: Wanted): Wanted {
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
}

/** `batch - group (batchSize 2)`: of two arms, first what tells them apart. */
function armsText(single: Single): string {
  const [first, second] = armsOf(single);
  const name = (axes: [string, string | number | undefined][]) =>
    axes
      .map(([axis, value]) => (typeof value === 'number' ? `${axis} ${value}` : codeName(`${value}`)))
      .join(', ');
  if (!second) return name(Object.entries(first));
  const differing = (arm: Partial<Point>) =>
    name(Object.entries(arm).filter(([axis]) => first[axis] !== second[axis]));
  const shared = name(Object.entries(first).filter(([axis, value]) => second[axis] === value));
  const compared = `${differing(first)} ${'ratio' in single ? '/' : '-'} ${differing(second)}`;
  return shared ? `${compared} (${shared})` : compared;
}
