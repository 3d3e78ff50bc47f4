import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experiments } from '../../experiments/index.ts';
import { arithmetic, engineDigest, miniature } from '../../src/experiment/engine.ts';
import { figuresOf } from '../../src/experiment/figure.ts';
import { figureTexts } from '../../src/experiment/figureFiles.ts';
import { galleryText, readAbout } from '../../src/experiment/gallery.ts';
import { readAllTorch, stillPlanned } from '../../src/experiment/inTorch.ts';
import { planRuns, variantOf } from '../../src/experiment/plan.ts';
import { readStored, storedExperiment } from '../../src/experiment/stored.ts';
import { runName } from '../../src/runs/name.ts';
import { plannedRuns } from '../../src/runs/sweep/grid.ts';
import { compiled } from '../package.ts';

const { runExperiment, runSweep } = await compiled();

const folder = mkdtempSync(join(tmpdir(), 'normgrad-experiments-'));
afterAll(() => rmSync(folder, { recursive: true }));
const home = join(import.meta.dirname, '../../experiments');
const allStored = readStored(join(home, 'results'));
const inTorch = readAllTorch(join(home, 'results'));

// All miniatures at once: to start the workers for each experiment took longer than to train.
beforeAll(async () => {
  const runs = plannedRuns(experiments.flatMap((each) => miniature(each).map(variantOf)));
  await runSweep({ name: 'miniatures', runs }, { folder, grows: true });
}, 300_000);

describe.each(experiments.map((experiment) => ({ name: experiment.name, experiment })))(
  '$name',
  ({ name, experiment }) => {
    it('runs whole in miniature: every arm, figure and claim', async () => {
      const plan = miniature(experiment);
      const runs = await runExperiment(experiment, plan, { folder });
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

    const stored = allStored.get(name);
    const isOther = stored?.engine !== undefined && stored.engine.arithmetic !== arithmetic();
    it.skipIf(stored === undefined || isOther)(
      'has stored results of these settings and this engine',
      async () => {
        const { engine, seeds } = stored!;
        const anew = `Make it anew: npm run -s normgrad -- experiment ${name} --data-dir DIR --save experiments/results, then npm run gallery`;
        expect(
          stored!.runs.map(({ run }) => run),
          `experiments/results/${name}.json has runs of other settings: the experiment has changed since. ${anew}`,
        ).toEqual(planRuns(experiment, { seeds }).map(({ config }) => runName(config)));
        const runs = await runExperiment(experiment, miniature(experiment), { folder });
        expect(engine?.digest, `experiments/results/${name}.json is of another engine. ${anew}`).toBe(
          engineDigest(runs),
        );
      },
    );

    const torch = inTorch.get(name);
    it.skipIf(torch === undefined)('has runs in PyTorch of these very settings', () => {
      const { seeds } = allStored.get(name)!;
      expect(
        stillPlanned(torch!.runs, planRuns(experiment, { seeds })).length,
        `experiments/results/${name}.pytorch.json has runs of other settings: npm run -s normgrad -- experiment ${name} ` +
          '--pytorch --data-dir DIR --save experiments/results, then npm run gallery',
      ).toBe(torch!.runs.length);
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
  expect(readFileSync(join(home, 'README.md'), 'utf8')).toBe(
    galleryText(experiments, allStored, inTorch, readAbout(join(home, 'results'))),
  );
  for (const experiment of experiments) {
    const stored = allStored.get(experiment.name);
    for (const [file, svg] of stored ? figureTexts(experiment, stored.runs, `${stored.settings}.`) : []) {
      const old = readFileSync(join(home, 'results', file), 'utf8') !== svg;
      expect(old, `results/${file} is drawn otherwise today: npm run gallery`).toBe(false);
    }
  }
  expect([...allStored.values()].filter(({ smoke }) => smoke)).toEqual([]);
});
