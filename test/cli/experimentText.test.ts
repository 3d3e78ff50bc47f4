import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { expect, it } from 'vitest';
import { displayWidth } from '../../src/charts/text.ts';
import { experimentText } from '../../src/cli/experiment/text.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import type { Experiment } from '../../src/experiment/spec.ts';
import { small } from '../experiment/small.ts';

const level = { level: { norm: 'none' }, of: 'testError' } as const;
const experiment: Experiment = {
  ...small,
  claims: [
    {
      says: 'Every run without a norm errs in about half of the images that it is shown.',
      ...level,
      atLeast: 40,
    },
    { says: 'It errs in nearly none.', ...level, atMost: 1 },
    { says: 'It errs in half at the most.', ...level, atMost: 50 },
  ],
};
const runs = planRuns(experiment).map(
  ({ point, seed }): RunRecord => ({
    ...{ run: '', point, seed, norm: String(point.norm), status: 'done', seconds: 1, digest: '' },
    train: { loss: 1, accuracy: 0.5 },
    test: { loss: 1, accuracy: 0.5 + seed / 500 },
    epochs: [],
  }),
);
const text = (smoke: boolean, colors = pc.createColors(false)) =>
  experimentText(experiment, { settings: 'few', seeds: [1, 2], smoke, runs }, { width: 80, colors });

it('shows a claim as held, failed or not decided, in lines of 80 columns', () => {
  const shown = text(false);
  const claims = shown.slice(shown.indexOf('\nClaims\n') + 1);
  expect(claims).toBe(
    [
      'Claims',
      '✓ Every run without a norm errs in about half of the images that it is shown.',
      '  (mean 49.7 %, 95 % interval 48.4 to 51, n = 2 seeds, wanted at least 40)',
      '✗ It errs in nearly none. (mean 49.7 %, 95 % interval 48.4 to 51, n = 2 seeds,',
      '  wanted at most 1)',
      '? It errs in half at the most. (mean 49.7 %, 95 % interval 48.4 to 51, n = 2',
      '  seeds, wanted at most 50)',
      '? 1 of 3 not decided by 2 seeds, which is no failure (exit code 0 if no other',
      '  fails). More seeds tell more: --seeds 5',
    ].join('\n'),
  );
  expect(Math.max(...shown.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
  expect(stripVTControlCharacters(text(false, pc.createColors(true)))).toBe(shown);
});

it('judges nothing of a smoke run', () => {
  expect(text(true)).toContain('Claims (a smoke run cannot judge them)\n? Every run');
  expect(text(true)).not.toMatch(/✓|✗|not decided/);
});
