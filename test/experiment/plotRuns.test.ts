import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FinishedFolderRun, isFinished, readRuns } from '../../src/experiment/folderRuns.ts';
import { plotRuns } from '../../src/experiment/plotRuns.ts';
import { runsPage } from '../../src/experiment/runsPage.ts';
import { makeRun, makeRuns } from './madeUpRuns.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-plot-'));
let runs: FinishedFolderRun[] = [];
beforeAll(() => {
  makeRuns(folder);
  runs = readRuns([folder]).filter(isFinished);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('reads how every run stands', () => {
  const statuses = readRuns([folder]).map(({ status }) => status);
  expect(statuses.sort()).toEqual(['diverged', 'done', 'done', 'done', 'done', 'done', 'failed']);
});

describe('plotRuns', () => {
  it('has a curve per setting over the epochs, mean and seeds, the norm in its colour', () => {
    const { series, x, y } = plotRuns(runs, { x: 'epoch', y: 'testAccuracy' });
    expect([x.label, y.label, y.unit]).toEqual(['epoch', 'test accuracy', '%']);
    expect(series.map(({ name, norm }) => [name, norm])).toEqual([
      ['layer, batchSize 8', 'layer'],
      ['layer, batchSize 16', 'layer'],
      ['none, batchSize 8', 'none'],
    ]);
    const [first, last] = series[0].points;
    expect(first).toMatchObject({ x: 1, values: [30.5, 31] });
    expect(last.y).toBeCloseTo(61.5);
    expect(last.std).toBeCloseTo(Math.SQRT1_2);
  });

  it('draws the ends over numbers by size, and leaves out a run that diverged', () => {
    const { series, x } = plotRuns(runs, { x: 'batchSize', y: 'testError' });
    expect(x).toMatchObject({ label: 'batch size', type: 'category', names: ['8', '16'] });
    expect(series.map(({ name }) => name)).toEqual(['layer', 'none']);
    expect(series[0].points.map((point) => [point.x, point.values?.length])).toEqual([
      [0, 2],
      [1, 1],
    ]);
  });

  it('names no setting that follows from x and the others', () => {
    const own = join(folder, 'proportional');
    for (const batchSize of [8, 16]) {
      for (const norm of ['none', 'batch']) makeRun(own, { norm, batchSize, lr: batchSize / 100 }, 0.5);
    }
    const proportional = readRuns([own]).filter(isFinished);
    const { series } = plotRuns(proportional, { x: 'batchSize', y: 'testError' });
    expect(series.map(({ name, points }) => [name, points.length])).toEqual([
      ['batch', 2],
      ['none', 2],
    ]);
    // Over the epochs there is no x to say the batch size, which then says the rate.
    const curves = plotRuns(proportional, { x: 'epoch', y: 'testError' }).series;
    expect(curves).toHaveLength(4);
    rmSync(own, { recursive: true });
  });

  it('gives names their places on the axis', () => {
    const { series, x } = plotRuns(runs, { x: 'norm', y: 'testAccuracy' });
    expect(x.names).toEqual(['layer', 'none']);
    expect(series.map(({ name, norm }) => [name, norm])).toEqual([
      ['batchSize 8', undefined],
      ['batchSize 16', undefined],
    ]);
  });

  it('reads every line over the steps, and test scores where they are', () => {
    const places = (y: 'trainLoss' | 'testLoss') =>
      plotRuns(runs, { x: 'step', y }).series[0].points.map(({ x }) => x);
    expect(places('trainLoss')).toEqual([3, 5, 8, 10]);
    expect(places('testLoss')).toEqual([5, 10]);
  });

  it('passes on the band and the scale', () => {
    const chart = plotRuns(runs, { x: 'epoch', y: 'testLoss', band: 'ci95', logY: true, title: 'Mine' });
    expect(chart).toMatchObject({ band: 'ci95', title: 'Mine', y: { type: 'log10' } });
  });

  it.each([
    [{ x: 'nrom' }, 'x: unknown setting "nrom" (did you mean "norm"?)'],
    [{ y: 'endLoss' as const }, 'y: endLoss is a number at the end of a run, without a course over epoch'],
    [{ by: ['norm'] }, 'by: runs of one group also differ in batchSize'],
    [{ by: ['batch'] }, 'by: unknown setting "batch"'],
  ])('refuses %j', (choice, message) => {
    expect(() => plotRuns(runs, { x: 'epoch', y: 'testAccuracy', ...choice })).toThrow(message);
  });
});

describe('runsPage', () => {
  it('has a figure for every batch size where curves are too many for one', () => {
    const many = join(folder, 'many');
    for (const norm of ['none', 'batch', 'layer', 'group', 'rms'] as const) {
      for (const batchSize of [16, 4]) makeRun(many, { norm, batchSize, seed: 1 }, 0.5);
    }
    const page = runsPage(readRuns([many]), { title: 'Many' });
    const captions = [...page.matchAll(/<figcaption><b>([^<]*)<\/b>/g)].map(([, caption]) => caption);
    expect(captions).toEqual([
      'Figure 1. Test accuracy over epoch, batch size 4.',
      'Figure 2. Test accuracy over epoch, batch size 16.',
    ]);
  });

  it('needs no run to differ from another', () => {
    const [one] = runs;
    const page = runsPage([one], { title: 'One', missing: 3 });
    expect(page).toContain('all runs');
    expect(page).toContain('<b>3 runs</b> not begun');
  });
});
