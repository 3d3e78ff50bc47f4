import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alike, type Claim, type Comparison } from '../../src/experiment/claim.ts';
import { judgementText, outcomeText } from '../../src/experiment/claimText.ts';
import { type Judgement, judge } from '../../src/experiment/judge.ts';
import type { Measure } from '../../src/experiment/measures.ts';
import { type Results, type RunRecord, resultsOf } from '../../src/experiment/results.ts';

/** The test error in percent of every seed of an arm, from seed 1 on; a seed that is undefined was not run. */
type Made = Record<string, readonly (number | 'diverged' | 'failed' | undefined)[]>;

function runsOf(made: Made): RunRecord[] {
  return Object.entries(made).flatMap(([norm, values]) =>
    values.flatMap((value, i) => {
      if (value === undefined) return [];
      const status = typeof value === 'number' ? 'done' : value;
      // A run may have scored before it diverged: that score is not its result.
      const test = { loss: 1, accuracy: typeof value === 'number' ? 1 - value / 100 : 0.5 };
      const rest = { run: '', train: null, epochs: [], seconds: 1, digest: '' };
      return [{ point: { norm }, seed: i + 1, norm, status, test, ...rest }];
    }),
  );
}

const judged = (claim: Comparison, made: Made) => judge(claim, resultsOf(runsOf(made)));
const difference = (wanted: object): Comparison => ({
  difference: [{ norm: 'a' }, { norm: 'b' }],
  of: 'testError',
  ...wanted,
});
const level = (wanted: object): Comparison => ({ level: { norm: 'a' }, of: 'testError', ...wanted });

describe('a difference', () => {
  // Differences 1, 2, 3: mean 2, standard deviation 1, so 2 ± 4.302653 / sqrt(3) = -0.4841 to 4.4841.
  const made = { a: [11, 22, 33], b: [10, 20, 30] };

  it.each([
    [{ atLeast: -0.5 }, 'held'],
    [{ atLeast: -0.4 }, 'undecided'],
    [{ atLeast: 4.4 }, 'undecided'],
    [{ atLeast: 4.5 }, 'failed'],
    [{ atMost: 4.5 }, 'held'],
    [{ atMost: 2 }, 'undecided'],
    [{ atMost: -0.5 }, 'failed'],
    [{ atLeast: -1, atMost: 5 }, 'held'],
    [{ atLeast: 1, atMost: 3 }, 'undecided'],
    [{ atLeast: -5, atMost: -1 }, 'failed'],
    [{ atLeast: 5, atMost: 9 }, 'failed'],
  ] as const)('with %j is %s', (wanted, outcome) => {
    expect(judged(difference(wanted), made)).toMatchObject({ outcome, n: 3, lost: 0, ...wanted });
  });

  it('is that of each seed: what both arms share is no uncertainty', () => {
    const { value, interval, unit, arms } = judged(difference({ atLeast: 0 }), made);
    expect(value).toBeCloseTo(2, 10);
    expect(interval![0]).toBeCloseTo(2 - 4.302652729749464 / Math.sqrt(3), 9);
    expect(interval![1]).toBeCloseTo(2 + 4.302652729749464 / Math.sqrt(3), 9);
    expect([unit, arms]).toEqual(['points', 'a - b']);
  });

  it('says what it found', () => {
    expect(judgementText(judged(difference({ atLeast: -0.5 }), made))).toBe(
      'paired difference 2 points, 95 % interval -0.484 to 4.48, n = 3 seeds, wanted at least -0.5',
    );
    expect(outcomeText(judged(difference({ atLeast: 1 }), made))).toBe('not decided by 3 seeds');
  });

  it('is not decided by one seed, however clear it looks', () => {
    const one = judged(difference({ atLeast: 1 }), { a: [90], b: [10] });
    expect(one).toMatchObject({ outcome: 'undecided', n: 1, interval: undefined });
    expect(judgementText(one)).toBe(
      'paired difference 80 points, n = 1 seed, no interval, wanted at least 1',
    );
    expect(outcomeText(one)).toBe('not decided by 1 seed');
  });

  it.each(['diverged', 'failed'] as const)(
    'is not decided where a run %s: its seed cannot be left out',
    (end) => {
      const lost = judged(difference({ atLeast: 1 }), { a: [20, 21, 22, 23], b: [10, 11, 12, end] });
      expect(lost).toMatchObject({ outcome: 'undecided', n: 3, lost: 1 });
      expect(judgementText(lost)).toContain('n = 3 seeds, 1 seed without a value, wanted at least 1');
      expect(outcomeText(lost)).toBe('not decided, 1 seed without a value');
    },
  );

  it('is judged by the pairs that there are, and says how many there are not', () => {
    const made = { a: [20, 21, 22.5, undefined, 20], b: [10, 11, 12, 9] };
    const judgement = judged(difference({ atLeast: 5 }), made);
    expect(judgement).toMatchObject({ outcome: 'held', n: 3, lost: 0, unpaired: 2 });
    expect(judgementText(judgement)).toContain('n = 3 seeds, 2 seeds in one arm only');
  });

  it('of nothing is not decided', () => {
    const none = judged(difference({ atLeast: 5 }), { a: [1, 2] });
    expect(none).toMatchObject({ outcome: 'undecided', n: 0 });
    expect(outcomeText(none)).toBe('not decided');
    expect(judgementText(none)).toBe('n = 0 seeds, 2 seeds in one arm only, wanted at least 5');
  });

  it('is decided alike when its arms and its threshold are turned round', () => {
    const errors = fc.array(fc.double({ min: 1, max: 99, noNaN: true }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(errors, errors, fc.integer({ min: -20, max: 20 }), (a, b, threshold) => {
        const one = judged(difference({ atLeast: threshold }), { a, b });
        const other = judged(difference({ atMost: -threshold }), { a: b, b: a });
        expect(other.outcome).toBe(one.outcome);
      }),
    );
  });
});

describe('a ratio', () => {
  const ratio = (wanted: object): Comparison => ({
    ratio: [{ norm: 'a' }, { norm: 'b' }],
    of: 'testError',
    ...wanted,
  });
  // Logarithms log 2 + (-d, 0, d) with d = log 1.1: interval 2 * 1.1^(± 4.302653 / sqrt(3)).
  const made = { a: [20 / 1.1, 20, 20 * 1.1], b: [10, 10, 10] };

  it('is judged by its logarithm', () => {
    const { value, interval } = judged(ratio({ atLeast: 1.5 }), made);
    expect(value).toBeCloseTo(2, 10);
    expect(interval![0]).toBeCloseTo(2 * 1.1 ** (-4.302652729749464 / Math.sqrt(3)), 9);
    expect(interval![1]).toBeCloseTo(2 * 1.1 ** (4.302652729749464 / Math.sqrt(3)), 9);
    expect(judged(ratio({ atLeast: 1.5 }), made).outcome).toBe('held');
    expect(judged(ratio({ atLeast: 1.6 }), made).outcome).toBe('undecided');
    expect(judged(ratio({ atMost: 1.5 }), made).outcome).toBe('failed');
    expect(judgementText(judged(ratio({ atLeast: 1.5 }), made))).toBe(
      'paired ratio 2, 95 % interval 1.58 to 2.53 by logarithms, n = 3 seeds, wanted at least 1.5',
    );
  });

  it('of what is 0 has no value', () => {
    expect(judged(ratio({ atLeast: 1.5 }), { a: [0, 20, 20], b: [10, 10, 10] })).toMatchObject({
      outcome: 'undecided',
      lost: 1,
    });
  });
});

describe('a level', () => {
  it('is the mean over the seeds, each of them the mean of its runs', () => {
    expect(judged(level({ atMost: 20 }), { a: [10, 11, 12] })).toMatchObject({ outcome: 'held', n: 3 });
    const all = judged({ level: {}, of: 'testError', atMost: 20 }, { a: [10, 11], b: [12, 13] });
    expect(all).toMatchObject({ n: 2 });
    expect(all.value).toBeCloseTo(11.5, 10);
    expect(
      judged({ level: {}, of: 'testError', atMost: 90 }, { a: [10, 11], b: [12, 'diverged'] }).lost,
    ).toBe(1);
  });

  it('counts a run that diverged as its measure says', () => {
    const guess: Measure = { label: 'error', of: ({ test }) => 100 * (1 - test!.accuracy), ifDiverged: 90 };
    const claim = { level: { norm: 'a' }, of: guess, atLeast: 80 };
    expect(judged(claim, { a: [89, 'diverged', 91] })).toMatchObject({ outcome: 'held', n: 3, lost: 0 });
    expect(judged(claim, { a: [89, 'failed', 91] })).toMatchObject({ outcome: 'undecided', lost: 1 });
  });
});

describe('a law', () => {
  const each = (wanted: object): Comparison => ({ each: {}, of: 'testError', ...wanted });

  it('is of every run, and needs no interval', () => {
    const made = { a: [1, 2], b: [3, 4] };
    expect(judged(each({ atMost: 5 }), made)).toMatchObject({ outcome: 'held', n: 4 });
    expect(judged(each({ atMost: 3.5 }), made)).toMatchObject({ outcome: 'failed' });
    expect(judged(each({ atMost: 5 }), { a: [1] }).outcome).toBe('held');
    expect(judgementText(judged(each({ atMost: 5 }), made))).toBe(
      'greatest 4 %, n = 4 runs, wanted at most 5 in each',
    );
    expect(judgementText(judged(each({ atLeast: 0.5 }), made))).toContain('least 1 %');
  });

  it('is broken by one run, and not decided where one is missing', () => {
    expect(judged(each({ atMost: 5 }), { a: [1, 9, 'failed'] }).outcome).toBe('failed');
    expect(judged(each({ atMost: 5 }), { a: [1, 2, 'diverged'] })).toMatchObject({
      outcome: 'undecided',
      lost: 1,
    });
    expect(judged(each({ atMost: 5 }), {}).outcome).toBe('undecided');
  });
});

describe('a claim of several parts', () => {
  const made = { a: [10, 10.1, 9.9], b: [20, 25, 15] };
  const held = level({ atMost: 12 });
  const failed = level({ atLeast: 50 });
  const undecided: Comparison = { level: { norm: 'b' }, of: 'testError', atMost: 20 };

  it.each([
    ['all', [held, held], 'held'],
    ['all', [held, undecided], 'undecided'],
    ['all', [held, undecided, failed], 'failed'],
    ['any', [failed, undecided, held], 'held'],
    ['any', [failed, undecided], 'undecided'],
    ['any', [failed, failed], 'failed'],
  ] as const)('%s of %j is %s', (how, parts, outcome) => {
    const claim = { [how]: parts } as unknown as Comparison;
    const judgement = judged(claim, made);
    expect(judgement).toMatchObject({ outcome, of: how });
    expect(judgement.parts).toHaveLength(parts.length);
  });

  it('names the part that decides', () => {
    expect(judgementText(judged({ all: [held, undecided] }, made))).toBe(
      'all of 2: 1 held, 1 not decided; the decisive one, b: mean 20 %, 95 % interval 7.58 to 32.4, n = 3 seeds, wanted at most 20',
    );
  });

  it('may be made of such', () => {
    expect(judged({ any: [{ all: [held, failed] }, { all: [held, held] }] }, made).outcome).toBe('held');
    expect(judged({ all: [{ any: [failed, undecided] }, held] }, made).outcome).toBe('undecided');
  });

  it('alike is every pair of arms, in both directions', () => {
    const arms = [{ norm: 'a' }, { norm: 'b' }, { norm: 'c' }];
    const values = { a: [10, 11, 12], b: [10.5, 11.6, 12.4], c: [10.1, 11, 12] };
    expect(judged(alike(arms, 'testError', 1), values)).toMatchObject({ outcome: 'held', of: 'all' });
    expect(judged(alike(arms, 'testError', 1), values).parts).toHaveLength(3);
    const apart = { ...values, c: [20, 21, 22.2] };
    expect(judged(alike(arms, 'testError', 1), apart).outcome).toBe('failed');
    expect(judged(alike([...arms].reverse(), 'testError', 1), apart).outcome).toBe('failed');
  });
});

describe('a check', () => {
  const checked = (
    check: Extract<Claim, { check: unknown }>['check'],
    made: Made = { a: [1, 2] },
  ): Judgement => judge({ says: '', check }, resultsOf(runsOf(made)));
  const deviation = ({ summary }: Results, norm: string) => summary({ norm }, 'testError').std ?? Number.NaN;

  it('of a mean has the interval of the mean', () => {
    const made = { a: [11, 22, 33, 30] };
    const { interval, n } = checked(({ mean }) => ({ value: mean({}, 'testError'), atLeast: 5 }), made);
    const plain = judged(level({ atLeast: 5 }), made);
    expect(n).toBe(4);
    expect(interval![0]).toBeCloseTo(plain.interval![0], 10);
    expect(interval![1]).toBeCloseTo(plain.interval![1], 10);
  });

  it('of a ratio of spreads has that of its logarithm', () => {
    // Python's statistics.stdev: of all and of all but one, pseudo-values of the logarithm, t(3) = 3.182446.
    const made = { a: [1, 2, 4, 8], b: [10, 30, 20, 90] };
    const found = checked(
      (results) => ({
        value: deviation(results, 'a') / deviation(results, 'b'),
        isRatio: true,
        atMost: 0.3,
      }),
      made,
    );
    expect(found).toMatchObject({ outcome: 'undecided', n: 4 });
    expect(judgementText(found)).toBe(
      'measured 0.0861, 95 % interval 0.0201 to 0.369 by the jackknife, n = 4 seeds, wanted at most 0.3',
    );
  });

  it('is not decided where a seed less leaves no number, and a boolean has no interval', () => {
    const spread = checked((results) => ({ value: deviation(results, 'a'), atLeast: 0 }));
    expect(spread).toMatchObject({ outcome: 'undecided', n: 2 });
    expect(judgementText(spread)).toBe('measured 0.707, n = 2 seeds, no interval, wanted at least 0');
    expect(checked(({ mean }) => mean({}, 'testError') > 2)).toMatchObject({ outcome: 'failed' });
    expect(judgementText(checked(() => true))).toBe('no interval');
  });

  it('is not decided where a run that it asks of has no value', () => {
    const made = { a: [1, 2, 4, 8, 'diverged'], b: [10, 30, 20, 90, 'failed'] } as const;
    const spread = checked((results) => ({ value: deviation(results, 'a'), atMost: 100 }), made);
    expect(spread).toMatchObject({ outcome: 'undecided', value: Number.NaN });
    const mean = checked(
      ({ summary }) => ({ value: summary({ norm: 'b' }, 'testError').mean, atMost: 100 }),
      made,
    );
    expect(mean.outcome).toBe('undecided');
    const other = checked((results) => ({ value: deviation(results, 'c'), atMost: 100 }), {
      ...made,
      c: [1, 2, 4],
    });
    expect(other.outcome).toBe('held');
  });

  it('of one seed is not asked of no run at all', () => {
    const largest = ({ runs }: Results) => ({
      value: runs.map(({ seed }) => seed).reduce((a, b) => Math.max(a, b)),
      atMost: 5,
    });
    expect(checked(largest, { a: [1] })).toMatchObject({ outcome: 'undecided', value: 1, n: 1 });
  });

  it('that returns no verdict is an error, not a claim that is always held', () => {
    const older = { held: false, value: 3, threshold: 4, wanted: 'at least' };
    for (const wrong of [
      older,
      undefined,
      3,
      { value: '3', atLeast: 1 },
      { value: 3, atLeast: '1' },
      { value: 3, atLeast: Number.NaN },
    ]) {
      expect(() => checked(() => wrong as never)).toThrow('its check returned');
    }
  });
});

describe('the digits of a number', () => {
  it('are enough to tell on which side of the threshold it is', () => {
    const text = judgementText(judged(level({ atMost: 10.05 }), { a: [10.0507, 10.0507, 10.0507] }));
    expect(text).toContain('mean 10.051 %');
    expect(text).toContain('wanted at most 10.05');
  });

  it('of a tiny number are a power of ten', () => {
    const tiny: Measure = { label: 'tiny', of: () => 2.5e-17 };
    const text = judgementText(judged({ each: {}, of: tiny, atMost: 1e-6 }, { a: [1] }));
    expect(text).toBe('greatest 2.5e-17, n = 1 run, wanted at most 1e-6 in each');
  });
});
