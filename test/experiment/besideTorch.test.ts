import { describe, expect, it } from 'vitest';
import { agreement, judgeInTorch, madeTwice, minusTorch } from '../../src/experiment/besideTorch.ts';
import type { Claim } from '../../src/experiment/claim.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import type { Experiment } from '../../src/experiment/spec.ts';
import { publishedTable } from '../../src/experiment/tables.ts';
import { small } from './small.ts';

/** Runs of one arm with these test losses, seed 1 first; NaN: diverged. */
function runsOf(norm: string, losses: readonly number[]): RunRecord[] {
  return losses.map((loss, i) => ({
    ...{ run: `${norm}-s${i + 1}`, point: { norm }, seed: i + 1, norm, seconds: 1, digest: '' },
    ...{ status: Number.isNaN(loss) ? 'diverged' : 'done', train: null, epochs: [] },
    test: { loss, accuracy: 0.5 },
  }));
}

const asked: Experiment = {
  ...small,
  figure: { x: 'epoch', y: 'testLoss' },
  published: ['none', 'batch'].map((norm) => ({ what: norm, pytorch: true, where: { norm } })),
};

describe('a row beside PyTorch', () => {
  const ours = [...runsOf('none', [1, 2, 3]), ...runsOf('batch', [1.1, 2.2, 3.3])];

  it('has the mean of the differences seed by seed, and half of their interval', () => {
    const theirs = [...runsOf('none', [1, 2, 3]), ...runsOf('batch', [1, 2, 3])];
    const { heads, rows } = publishedTable(asked, ours, theirs);
    expect(heads).toEqual(['', 'PyTorch', 'normgrad', 'normgrad - PyTorch']);
    expect(rows[0].at(-1)).toBe('0');
    // Differences 0.1, 0.2, 0.3: t(2) = 4.3027, by 0.1 / sqrt(3)
    expect(rows[1].at(-1)).toBe('+0.20 ± 0.25');
  });

  it('leaves out a seed that only one of them has, and says how many are left', () => {
    const theirs = [...runsOf('none', [1, 2]), ...runsOf('batch', [1, Number.NaN, 3])];
    const { rows } = publishedTable(asked, ours, theirs);
    expect(rows.map((row) => row.at(-1))).toEqual(['0 (n=2)', '+0.2 ± 1.3 (n=2, 1 without a value)']);
    const gone = [Number.NaN, Number.NaN, Number.NaN];
    expect(publishedTable(asked, ours, runsOf('none', gone)).rows.map((row) => row.at(-1))).toEqual([
      '3 without a value',
      '–',
    ]);
  });

  it('has two digits where one seed gives no interval', () => {
    const { rows } = publishedTable(asked, runsOf('none', [57.77]), runsOf('none', [57.63]));
    expect(rows[0].at(-1)).toBe('+0.14 (n=1)');
  });

  it('compares run with run where a row is of several points, of which PyTorch has one', () => {
    const at = (lr: number, losses: number[]) =>
      runsOf('none', losses).map((run) => ({ ...run, point: { norm: 'none', lr } }));
    const { rows } = publishedTable(asked, [...at(1, [1, 2, 3]), ...at(2, [5, 6, 7])], at(1, [1, 2, 3]));
    expect(rows[0].at(-1)).toBe('0');
  });

  it('has digits that tell on which side of 0 its interval ends', () => {
    // Mean 0.074, half of the interval 0.0732
    const apart = runsOf('none', [0.03, 0.14, 0.08, 0, 0.12]);
    expect(publishedTable(asked, apart, runsOf('none', [0, 0, 0, 0, 0])).rows[0].at(-1)).toBe(
      '+0.074 ± 0.073',
    );
  });

  const verdict = (of: number[], beside: number[]) =>
    minusTorch(runsOf('none', of), runsOf('none', beside), { where: {}, measure: 'testLoss' }).verdict;

  it.each([
    ['same', [1, 2, 3], [1, 2, 3]],
    ['same', [1, 2, Number.NaN], [1, 2, Number.NaN]],
    ['apart', [1, 2, 3], [1.5, 2.5, 3.501]],
    ['within', [1, 2, 3], [0.9, 2, 3.1]],
    // Six digits are kept, so that a unit of the last one is no difference
    ['within', [302.59, 302.6, 302.61], [302.589, 302.599, 302.609]],
    ['within', [3e-16, 4e-16, 3e-16], [1e-17, 2e-17, 1e-17]],
    ['apart', [1, 2, 3], [1, 2, Number.NaN]],
    ['apart', [1, 2, 3], [Number.NaN, Number.NaN, Number.NaN]],
    [undefined, [1], [2]],
    [undefined, [Number.NaN, Number.NaN], [Number.NaN, Number.NaN]],
  ])('is %s: %j beside %j', (wanted, of, beside) => {
    expect(verdict(of, beside)).toBe(wanted);
  });

  it('is counted by how it comes out', () => {
    const theirs = [...runsOf('none', [1.5, 2.5, 3.501]), ...runsOf('batch', [1.1, 2.2, 3.3])];
    expect(agreement(asked, ours, theirs)).toMatchObject({ rows: 2, same: 1, apart: 1 });
    expect(agreement(asked, ours, runsOf('batch', [1.1]))).toMatchObject({ rows: 1, same: 1, apart: 0 });
  });
});

describe('a claim in PyTorch', () => {
  const ours = [...runsOf('none', [3, 3, 3]), ...runsOf('batch', [1, 1.1, 1])];
  const claim: Claim = {
    says: 'BatchNorm is better by 1.',
    difference: [{ norm: 'none' }, { norm: 'batch' }],
    of: 'testLoss',
    atLeast: 1,
  };

  it('is judged by its own runs', () => {
    const theirs = [...runsOf('none', [1, 1, 1]), ...runsOf('batch', [1, 1.1, 1])];
    expect(judgeInTorch(claim, ours, theirs)).toMatchObject({ outcome: 'failed', n: 3 });
    expect(judgeInTorch(claim, ours, ours)).toMatchObject({ outcome: 'held' });
    expect(agreement({ ...asked, claims: [claim] }, ours, theirs)).toMatchObject({ claims: 1, alike: 0 });
    expect(agreement({ ...asked, claims: [claim] }, ours, ours)).toMatchObject({ claims: 1, alike: 1 });
  });

  it('is left out where an arm has none, fewer or other runs there, where none has the measure, and where it is a program', () => {
    expect(judgeInTorch(claim, ours, runsOf('none', [1, 1, 1]))).toBeUndefined();
    expect(
      judgeInTorch(claim, ours, [...runsOf('none', [1, 1, 1]), ...runsOf('batch', [1])]),
    ).toBeUndefined();
    const lost = [Number.NaN, Number.NaN, Number.NaN];
    expect(judgeInTorch(claim, ours, [...runsOf('none', lost), ...runsOf('batch', lost)])).toBeUndefined();
    expect(judgeInTorch({ says: 'It runs.', check: () => true }, ours, ours)).toBeUndefined();
  });
});

it('a run that two experiments have in common is compared with itself', () => {
  const right = (runs: RunRecord[], accuracies: number[], digest: string) =>
    runs.map((run, i) => ({ ...run, test: { loss: 1, accuracy: accuracies[i] }, digest }));
  const [none, batch] = [runsOf('none', [1, 2]), runsOf('batch', [1, 2])];
  const theirs = [...right(none, [0.5, 0.6], ''), ...right(batch, [0.9, 0.1], '')];
  expect(madeTwice(theirs, theirs)).toEqual({ runs: 0, apart: 0, same: 0 });

  const again = right(none, [0.5, 0.625], '');
  const ours = [...right(none, [0.5, 0.6], 'a'), ...right(batch, [0.9, 0.1], 'b')];
  const ofOneDigest = madeTwice([...theirs, ...again], [...ours, ...right(none.slice(0, 1), [0.5], 'a')]);
  expect(ofOneDigest).toEqual({ runs: 2, apart: expect.closeTo(0.025, 12), same: 1 });
});
