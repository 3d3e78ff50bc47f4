import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { renderSvgChart } from '../../src/charts/svgChart.ts';
import { finishedRuns } from '../../src/cli/finishedRuns.ts';
import { planOf } from '../../src/cli/sweep/plan.ts';
import { getSource } from '../../src/data/files/get.node.ts';
import { loadDataset } from '../../src/data/files/load.node.ts';
import { verifySource } from '../../src/data/files/verify.node.ts';
import { syntheticDigits } from '../../src/data/format/digits.ts';
import { sources } from '../../src/data/sources.ts';
import { writeGallery } from '../../src/experiment/gallery.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import { plotRuns } from '../../src/experiment/plotRuns.ts';
import { experimentPage } from '../../src/experiment/reportPage.ts';
import { runsPage } from '../../src/experiment/runsPage.ts';
import { compareRuns } from '../../src/experiment/seedGroups.ts';
import { readStoredFile } from '../../src/experiment/stored.ts';
import { exportedWeights } from '../../src/runs/exportWeights.ts';
import { guarded } from '../../src/runs/files.ts';
import { initialize, readInitialWeights } from '../../src/runs/initialWeights.ts';
import { readConfig, readResult } from '../../src/runs/record.ts';
import { loadSweep, readPlan } from '../../src/runs/sweep/sweep.ts';
import { runTraining } from '../../src/runs/training.ts';
import { wallSeconds } from '../../src/runs/wallTime.ts';
import { prepareData } from '../../src/train/data.ts';
import { buildModel } from '../../src/train/model.ts';
import { small } from '../experiment/small.ts';
import { beginRun, type Kind } from './fileSample.ts';

/** What one command does with the sample in a folder. */
type Reader = (folder: string) => unknown;

const dataset = syntheticDigits({ seed: 1, train: 40, test: 20 });

/** Where runs, plots and reports of a sweep are made. */
const sweep = (folder: string) => join(folder, 'sweep');

const readers = {
  'sweep status': (folder) => loadSweep(sweep(folder)),
  // What `sweep DIR` does to the runs of its plan before the first step of each.
  'sweep DIR': (folder) => {
    for (const { id, config } of readPlan(sweep(folder)).runs)
      beginRun(join(sweep(folder), id), config).lock.release();
  },
  'sweep FILE': (folder) => planOf(join(folder, 'grid.json'), { set: {} }),
  // It stops before its second step.
  'train --resume': async (folder) => {
    const path = join(folder, 'begun');
    const config = readConfig(path);
    if (readResult(path)) return;
    const controller = new AbortController();
    await runTraining(
      { ...config, epochs: Math.min(config.epochs, 3), limit: 40, testLimit: 20, model: 'mlp', hidden: [4] },
      {
        dataset,
        folder: { path },
        resume: true,
        signal: controller.signal,
        onStep: () => controller.abort(),
      },
    );
  },
  // Up to its first step; the files are read whole, and the numbers of a damaged one are other numbers at most.
  'train --init-from': async (folder) => {
    const config = readConfig(join(folder, 'begun'));
    for (const name of ['weights.safetensors', 'weights.npz']) {
      const init = await readInitialWeights({ ...config, initFrom: join(folder, name) });
      const data = prepareData(config, dataset);
      initialize(buildModel(config, data), init!, config, data.imageShape);
    }
  },
  export: async (folder) => {
    for (const names of ['pytorch', 'own'] as const) await exportedWeights(join(folder, 'begun'), names);
  },
  compare: (folder) => compareRuns(finishedRuns([sweep(folder)]).runs, 'testError'),
  plot: (folder) => {
    const { runs } = finishedRuns([sweep(folder)]);
    renderSvgChart(plotRuns(runs, { x: 'step', y: 'trainLoss' }));
    renderSvgChart(plotRuns(runs, { x: 'batchSize', y: 'endLoss', by: ['norm', 'groups', 'lr'] }));
  },
  report: (folder) => {
    loadSweep(sweep(folder));
    return runsPage(finishedRuns([sweep(folder)]).all, {
      title: 'Runs',
      by: ['norm', 'batchSize', 'groups', 'lr'],
    });
  },
  'report, of an experiment': (folder) => {
    const stored = readStoredFile(join(sweep(folder), 'experiment.json'));
    const plan = planRuns(small, { seeds: stored.seeds });
    wallSeconds(readPlan(sweep(folder)).runs.map(({ id }) => join(sweep(folder), id)));
    return experimentPage(small, stored, { plan, command: 'normgrad' });
  },
  'experiment --gallery': (folder) => guarded(folder, () => writeGallery(join(folder, 'gallery'), [small])),
  'data verify': async (folder) => {
    for (const source of [sources.mnist, sources.cifar10])
      await verifySource(source, join(folder, source.folder));
  },
  'train --dataset': async (folder) => {
    for (const name of ['mnist', 'cifar10'] as const) await loadDataset(name, { dataDir: folder });
  },
  'train --dataset FILE': async (folder) => {
    const errors: unknown[] = [];
    for (const name of ['table.csv', 'arrays.npz', 'npy/x.npy', './idx', './pictures', './jpeg']) {
      await loadDataset(name, { dataDir: join(folder, 'own') }).catch((error) => errors.push(error));
    }
    // One of them is damaged.
    if (errors.length > 0) throw errors[0];
  },
  'data get --from': async (folder) => {
    const dataDir = join(folder, 'got');
    mkdirSync(dataDir);
    try {
      await getSource(sources.mnist, { dataDir, from: [join(folder, 'mnist')] });
      await getSource(sources.cifar10, { dataDir, from: [join(folder, sources.cifar10.folder)] });
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  },
  'data get --from ARCHIVE': async (folder) => {
    for (const name of ['plain.tar', sources.cifar10.archive.file]) {
      const dataDir = join(folder, `got ${name}`);
      try {
        await getSource(sources.cifar10, { dataDir, from: [join(folder, 'archives', name)] });
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    }
  },
} satisfies Record<string, Reader>;

type ReaderName = keyof typeof readers;

const ofRuns: ReaderName[] = [
  'sweep status',
  'sweep DIR',
  'compare',
  'plot',
  'report',
  'train --resume',
  'export',
];
const ofData: ReaderName[] = ['data verify', 'train --dataset', 'data get --from'];
const readersOf: Record<Kind, ReaderName[]> = {
  config: ofRuns,
  run: ofRuns,
  metrics: ofRuns,
  result: ofRuns,
  checkpoint: ['train --resume', 'export'],
  weights: ['train --init-from'],
  plan: ['sweep status', 'sweep DIR', 'report', 'report, of an experiment'],
  experiment: ['report, of an experiment'],
  stored: ['experiment --gallery'],
  grid: ['sweep FILE'],
  mnist: ofData,
  cifar: ofData,
  manifest: ofData,
  own: ['train --dataset FILE'],
  archive: ['data get --from ARCHIVE'],
};

/** Every command that reads a file of that kind. */
export function readersFor(kind: Kind): { name: ReaderName; read: Reader }[] {
  return readersOf[kind].map((name) => ({ name, read: readers[name] }));
}
