import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { experiments } from '../../experiments/index.ts';
import { figuresOf } from '../../src/experiment/figure.ts';
import { galleryText } from '../../src/experiment/gallery.ts';
import { planRuns, smokeSettings } from '../../src/experiment/plan.ts';
import { readStored, storedExperiment } from '../../src/experiment/stored.ts';
import { compiled } from '../package.ts';

/** Compiled, as its workers then are: they start in a fraction of the time. */
const { runExperiment } =
  await compiled<typeof import('../../src/experiment/run.ts')>('src/experiment/run.ts');

const folder = mkdtempSync(join(tmpdir(), 'normgrad-experiments-'));
afterAll(() => rmSync(folder, { recursive: true }));
const home = join(import.meta.dirname, '../../experiments');

describe.each(experiments.map((experiment) => ({ name: experiment.name, experiment })))(
  '$name',
  ({ name, experiment }) => {
    it('runs whole in miniature: every arm, figure and claim', async () => {
      const overrides = { ...smokeSettings(experiment), limit: 32, testLimit: 10 };
      const plan = planRuns(experiment, { seeds: [1], overrides });
      const runs = await runExperiment(experiment, plan, { folder: join(folder, name) });
      expect(runs).toHaveLength(plan.length);
      const { claims } = storedExperiment(experiment, plan, runs, { smoke: true, wallSeconds: 0 });
      expect(claims.map(({ says }) => says)).toEqual(experiment.claims.map(({ says }) => says));
      for (const { title, series } of figuresOf(experiment, runs, '')) {
        const points = series.flatMap((each) => each.points);
        expect(
          points.some(({ y }) => Number.isFinite(y)),
          title,
        ).toBe(true);
      }
    });

    it('names its file, and points only at runs of its grid', () => {
      expect(readFileSync(join(home, `${name}.ts`), 'utf8')).toContain(`name: '${name}'`);
      const points = planRuns(experiment).map(({ point }) => point);
      for (const { where, what } of experiment.published ?? []) {
        const hit = points.some((point) =>
          Object.entries(where).every(([axis, value]) => point[axis] === value),
        );
        expect(hit, what).toBe(true);
      }
    });
  },
);

it('the gallery is what the stored results make of it', () => {
  const stored = readStored(join(home, 'results'));
  expect(readFileSync(join(home, 'README.md'), 'utf8')).toBe(galleryText(experiments, stored));
  expect([...stored.values()].filter(({ smoke }) => smoke)).toEqual([]);
});
