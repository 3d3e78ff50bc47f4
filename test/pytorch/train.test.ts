import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTorchFile, stillPlanned, torchPlan } from '../../src/experiment/inTorch.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import { publishedTable } from '../../src/experiment/tables.ts';
import { trainInTorch } from '../../src/pytorch/train.ts';
import { startWorker, type TorchWorker } from '../../src/pytorch/worker.ts';
import { runTraining } from '../../src/runs/training.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { loadData, prepareData } from '../../src/train/data.ts';
import type { MetricsLine } from '../../src/train/metrics.ts';
import { inProcess } from '../cli/inProcess.ts';
import { small } from '../experiment/small.ts';

const torch = await startWorker().catch((error: Error) => error);
const problem = torch instanceof Error ? torch.message : undefined;
if (problem !== undefined) console.log(`Not trained in PyTorch: ${problem}`);
const worker = torch as TorchWorker;
const folder = mkdtempSync(join(tmpdir(), 'normgrad-pytorch-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (problem === undefined) worker.stop();
});

/** One arm of a few steps, which PyTorch is asked for. */
const smallInTorch = `import { defineExperiment } from 'normgrad/experiment';

export default defineExperiment({
  name: 'small-in-torch',
  title: 'Small',
  question: 'Does it run in PyTorch?',
  source: { paper: '', kept: '', scaled: '' },
  grid: { norm: ['none', 'batch'] },
  seeds: 2,
  model: { model: 'mlp', hidden: [8] },
  data: { dataset: 'synthetic', limit: 64, testLimit: 20, halve: true },
  training: { epochs: 1, batchSize: 16 },
  figure: { x: 'epoch', y: 'testError' },
  claims: [],
  published: [{ what: 'none', published: '12.3', pytorch: true, where: { norm: 'none' } }],
});
`;

const asked = { ...small, published: small.published!.map((row) => ({ ...row, pytorch: true as const })) };

describe.skipIf(problem !== undefined)('an experiment in PyTorch', () => {
  it('has the scores of our run, of the same first weights and batches, at the same steps', async () => {
    const overrides = { epochs: 2, probes: ['test'], probeEvery: 4 } as const;
    const [run] = planRuns(asked, { seeds: [1], overrides: { ...overrides, probes: [...overrides.probes] } });
    const theirs = await trainInTorch(run, prepareData(run.config, await loadData(run.config)), worker);
    const lines: MetricsLine[] = [];
    const ours = await runTraining(run.config, { onMetrics: (line) => lines.push(line) });
    const of = (t: MetricsLine['t']) => lines.filter((line) => line.t === t);
    expect(theirs.status).toBe('done');
    expect(theirs.steps!.map(({ step }) => step)).toEqual(of('step').map(({ step }) => step));
    expect(theirs.probes!.map(({ step }) => step)).toEqual(of('probe').map(({ step }) => step));
    expect(theirs.epochs).toHaveLength(2);
    expect(theirs.train!.loss).toBeCloseTo(ours.train!.loss, 4);
    expect(theirs.test!.loss).toBeCloseTo(ours.test!.loss, 4);
    expect(theirs.test!.accuracy).toBeCloseTo(ours.test!.accuracy, 1);
    const last = of('step').at(-1) as MetricsLine & { t: 'step' };
    expect(theirs.steps!.at(-1)!.train.loss).toBeCloseTo(last.train.loss, 4);
  });

  it.each([
    { model: 'mlp', hidden: [8], norm: 'batch', probes: ['landscape'] },
    { model: 'cnn', widths: [8, 8], norm: 'proxy-group', probes: ['instancePower'] },
    { model: 'cnn', widths: [8, 8], norm: 'batch', probes: ['layerInputs'] },
    { model: 'vgg', widths: [8, 8], norm: 'batch', noise: true, probes: ['layerInputs'] },
    { model: 'mlp', hidden: [8, 8], norm: 'batch', mixup: 0.4, probes: ['varianceShift'] },
  ])('the probe $probes measures the same in both engines', async ({ probes, ...network }) => {
    const config = resolveConfig({
      ...small.data,
      halve: true,
      ...network,
      probes,
      epochs: 1,
      lr: 0.01,
      batchSize: 8,
    } as TrainOptions);
    const data = prepareData(config, await loadData(config));
    const theirs = await trainInTorch({ point: {}, seed: 1, config }, data, worker);
    const lines: MetricsLine[] = [];
    await runTraining(config, { onMetrics: (line) => lines.push(line) });
    const ours = lines.filter((line) => line.t === 'probe');
    expect(theirs.probes).toHaveLength(2);
    theirs.probes!.forEach(({ step, values }, i) => {
      expect(step).toBe(ours[i].step);
      expect(Object.keys(values).length).toBeGreaterThan(1);
      for (const [name, value] of Object.entries(values)) {
        const [a, b] = [value, ours[i].values[name]].map((each) => [each].flat());
        expect(a).toHaveLength(b.length);
        a.forEach((each, k) => {
          expect(Math.abs(each - b[k]), name).toBeLessThan(1e-3 * Math.max(Math.abs(b[k]), 1e-2));
        });
      }
    });
  });

  it.each([
    [{ model: 'transformer', depth: 1, width: 8, heads: 2, dropout: 0.1 }, 'takes no masks from outside'],
    [{ model: 'mlp', hidden: [8], dropout: 0.1, probes: ['landscape'] }, 'draws again at every point'],
  ])('is refused where PyTorch would draw otherwise: %j', async (network, why) => {
    const options = { ...small.data, halve: true, epochs: 1, ...network } as TrainOptions;
    const config = resolveConfig(options);
    const data = prepareData(config, await loadData(config));
    await expect(trainInTorch({ point: {}, seed: 1, config }, data, worker)).rejects.toThrow(why);
  });

  it('is kept with its versions, and what is kept is not trained again', async () => {
    const args = ['experiment', 'with-without', '--pytorch', '--save', folder];
    const none = await inProcess(args);
    expect(none.stderr).toContain('PyTorch is asked for none of its runs');

    const file = join(folder, 'small.mjs');
    writeFileSync(file, smallInTorch);
    const first = await inProcess([
      'experiment',
      file,
      '--pytorch',
      '--save',
      folder,
      '--seeds',
      '1',
      '--jobs',
      '1',
    ]);
    expect(first.stdout).toMatch(/none +│ 12\.3 +│ [\d.]+ \(n=1\)/);
    const stored = readTorchFile(join(folder, 'small-in-torch.pytorch.json'))!;
    expect(stored).toMatchObject({ name: 'small-in-torch', torch: worker.versions.torch });
    expect(stored.runs.map(({ point, status }) => [point, status])).toEqual([[{ norm: 'none' }, 'done']]);
    const text = readFileSync(join(folder, 'small-in-torch.pytorch.json'), 'utf8');
    expect(text).not.toContain(folder);
    const again = await inProcess(['experiment', file, '--pytorch', '--save', folder, '--seeds', '1']);
    expect(again.stderr).toContain('all 1 run lie');

    await inProcess(['experiment', file, '--pytorch', '--save', folder, '--seed', '2']);
    const both = readTorchFile(join(folder, 'small-in-torch.pytorch.json'))!;
    expect(both.runs.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(both.runs[0]).toEqual(stored.runs[0]);

    const refused = await inProcess(['experiment', file, '--pytorch', '--dry-run']);
    expect(refused.stderr).toContain('--pytorch keeps its runs with --save DIR');
  });
});

it('only rows that ask for it are trained, and runs of other settings are not shown', () => {
  const plan = planRuns(asked, { seeds: [1] });
  const inTorch = torchPlan(asked, plan);
  expect(inTorch.length).toBeGreaterThan(0);
  expect(torchPlan(small, plan)).toEqual([]);
  const scores = { train: null, test: { loss: 1, accuracy: 0.25 }, epochs: [] };
  const record = {
    ...inTorch[0],
    norm: 'none',
    status: 'done' as const,
    ...scores,
    seconds: 1,
    digest: '',
    run: 'of-old-settings',
  };
  expect(stillPlanned([record], plan)).toEqual([]);
  const { heads, rows } = publishedTable(asked, [], [record]);
  expect(heads).toEqual(['', 'published', 'PyTorch']);
  expect(rows[0]).toEqual(['none', '12.3', '75.00 (n=1)']);
});
