import { describe, expect, it } from 'vitest';
import { agreement, judgeInTorch } from '../../src/experiment/besideTorch.ts';
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
    expect(rows[1].at(-1)).toBe('+0.2 ± 0.2');
  });

  it('leaves out a seed that only one of them has, and names those that diverged', () => {
    const theirs = [...runsOf('none', [1, 2]), ...runsOf('batch', [1, Number.NaN, 3])];
    const { rows } = publishedTable(asked, ours, theirs);
    expect(rows.map((row) => row.at(-1))).toEqual(['0', '+0.2 ± 1.3 (n=2, 1 diverged)']);
  });

  it('counts as apart where its interval leaves out 0', () => {
    const theirs = [...runsOf('none', [1.5, 2.5, 3.501]), ...runsOf('batch', [1, 2, 3])];
    expect(agreement(asked, ours, theirs)).toMatchObject({ apart: 1, rows: 2 });
    const rounded = [...runsOf('none', [1 + 1e-8, 2 + 1e-8, 3 + 2e-8]), ...runsOf('batch', [1.1, 2.2, 3.3])];
    expect(agreement(asked, ours, rounded)).toMatchObject({ apart: 0, rows: 2 });
    expect(agreement(asked, ours, runsOf('none', [1]))).toMatchObject({ apart: 0, rows: 0 });
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

  it('is left out where an arm has no or fewer runs there, where none has the measure, and where it is a program', () => {
    expect(judgeInTorch(claim, ours, runsOf('none', [1, 1, 1]))).toBeUndefined();
    expect(
      judgeInTorch(claim, ours, [...runsOf('none', [1, 1, 1]), ...runsOf('batch', [1])]),
    ).toBeUndefined();
    const lost = [Number.NaN, Number.NaN, Number.NaN];
    expect(judgeInTorch(claim, ours, [...runsOf('none', lost), ...runsOf('batch', lost)])).toBeUndefined();
    expect(judgeInTorch({ says: 'It runs.', check: () => true }, ours, ours)).toBeUndefined();
  });
});
