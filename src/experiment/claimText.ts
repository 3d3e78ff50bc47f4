/** What became of a claim, in words. */
import { plural } from '../errors.ts';
import type { Judgement, Outcome } from './judge.ts';

/** `held`, `failed`, `not decided by 3 seeds` */
export function outcomeText({ outcome, kind, n, lost }: Judgement): string {
  if (outcome !== 'undecided') return outcome;
  if (kind === 'each' || n + lost === 0) return 'not decided';
  return lost > 0
    ? `not decided, ${plural(lost, 'seed')} without a value`
    : `not decided by ${plural(n, 'seed')}`;
}

export const outcomeMarks: Readonly<Record<Outcome, string>> = { held: '✓', failed: '✗', undecided: '?' };

/** How many claims held, failed, and were not decided. */
export function countOutcomes(claims: readonly Judgement[]): Readonly<Record<Outcome, number>> {
  const count = (wanted: Outcome) => claims.filter(({ outcome }) => outcome === wanted).length;
  return { held: count('held'), failed: count('failed'), undecided: count('undecided') };
}

/**
 * `paired difference 4.12 points, 95 % interval 2.31 to 5.93, n = 5 seeds, wanted at least 1.5`; brief: without what the same claim
 * says beside it, of how many seeds and what is wanted.
 */
export function judgementText(judgement: Judgement, { brief = false } = {}): string {
  const { of, parts = [], arms } = judgement;
  if (of === undefined) return measuredText(judgement, brief);
  const counts = countOutcomes(parts);
  const words = { held: 'held', undecided: 'not decided', failed: 'failed' };
  const shares = (['held', 'undecided', 'failed'] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${words[outcome]}`);
  if (brief) return `${of} of ${parts.length}: ${shares.join(', ')}`;
  return `${of} of ${parts.length}: ${shares.join(', ')}; the decisive one, ${arms || 'all runs'}: ${measuredText(judgement)}`;
}

function nounFor({ kind, atLeast, atMost }: Judgement): string {
  if (kind === 'check') return 'measured';
  if (kind !== 'each') return kind === 'level' ? 'mean' : `paired ${kind}`;
  return atMost === undefined ? 'least' : atLeast === undefined ? 'greatest' : 'furthest';
}

const by: Partial<Record<Judgement['kind'], string>> = {
  ratio: ' by logarithms',
  check: ' by the jackknife',
};

function measuredText(judgement: Judgement, brief = false): string {
  const { kind, value, interval, n, lost, unpaired, unit, atLeast, atMost } = judgement;
  const show = digitsFor(judgement);
  const withUnit = unit === undefined ? '' : ` ${unit}`;
  const wanted =
    atLeast !== undefined && atMost !== undefined
      ? [`wanted ${show(atLeast)} to ${show(atMost)}`]
      : atLeast !== undefined
        ? [`wanted at least ${show(atLeast)}`]
        : atMost !== undefined
          ? [`wanted at most ${show(atMost)}`]
          : [];
  const what = kind === 'each' ? 'run' : 'seed';
  return [
    ...(n > 0 ? [`${nounFor(judgement)} ${show(value)}${withUnit}`] : []),
    ...(interval ? [`95 % interval ${show(interval[0])} to ${show(interval[1])}${by[kind] ?? ''}`] : []),
    ...((n > 0 || kind !== 'check') && !brief ? [`n = ${plural(n, what)}`] : []),
    ...(lost > 0 ? [`${plural(lost, what)} without a value`] : []),
    ...(unpaired > 0 ? [`${plural(unpaired, 'seed')} in one arm only`] : []),
    ...(interval === undefined && kind !== 'each' && (n === 1 || kind === 'check') ? ['no interval'] : []),
    ...(brief ? [] : kind === 'each' ? wanted.map((each) => `${each} in each`) : wanted),
  ].join(', ');
}

/**
 * Three significant digits, or more where fewer would hide on which side of a threshold a number is, or that the interval has two ends.
 */
function digitsFor({ value, interval = [value, value], atLeast, atMost }: Judgement): (x: number) => string {
  const rounded = (x: number, digits: number) => (Number.isFinite(x) ? Number(x.toPrecision(digits)) : x);
  const pairs = [atLeast, atMost].flatMap((bound) =>
    bound === undefined ? [] : [...interval, value].map((x) => [x, bound]),
  );
  const isTold = (digits: number) =>
    [...pairs, interval].every(
      ([x, y]) => Math.sign(rounded(x, digits) - rounded(y, digits)) === Math.sign(x - y) || Number.isNaN(x),
    );
  const digits = [3, 4, 5, 6].find(isTold) ?? 6;
  return (x) => (x !== 0 && Math.abs(x) < 1e-3 ? exponential(x, digits) : String(rounded(x, digits)));
}

/** `3.05e-5`, `1e-6` */
function exponential(x: number, digits: number): string {
  return x.toExponential(digits - 1).replace(/\.?0*e/, 'e');
}
