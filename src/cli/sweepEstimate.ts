import { availableParallelism } from 'node:os';
import { duration } from '../report/progress.ts';
import { renderTable } from '../report/table.ts';
import { resolveConfig, type TrainConfig } from '../train/config.ts';
import { loadData } from '../train/data.ts';
import { estimateSeconds, kindOf } from '../train/estimate.ts';
import type { PlannedRun } from '../train/sweep.ts';
import { columns, type Output } from './output.ts';
import prepareDataset from './prepareDataset.ts';

interface EstimateOptions {
  jobs: number;
  /** Runs that are finished already. */
  finished: number;
  dataDir?: string;
  /** Whose images these are (SweepPlan). */
  experiment?: string;
}

/** `--dry-run`: the runs by their labels, and the time they will take, from a few steps of each kind. */
export async function estimate(
  runs: readonly PlannedRun[],
  { jobs, finished, dataDir, experiment }: EstimateOptions,
  output: Output,
): Promise<void> {
  // As many threads as each of the sweep's processes will have; kernels look at it when they first run.
  process.env.NORMGRAD_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / jobs)));
  const configs = runs.map(({ config }) => resolveConfig(dataDir ? { ...config, dataDir } : config));
  const kinds = new Map(configs.map((config) => [kindOf(config), config]));
  output.note(`measuring some steps of ${kinds.size} kind${kinds.size === 1 ? '' : 's'} of run…`);
  const perEpoch = new Map<string, number>();
  let dataset: Awaited<ReturnType<typeof loadData>> | undefined;
  let read = '';
  for (const [kind, config] of kinds) {
    const wanted = dataKey(config);
    if (read !== wanted) {
      const loaded = await loadData(config);
      dataset = experiment === undefined ? loaded : await prepareDataset(experiment, loaded);
    }
    read = wanted;
    perEpoch.set(kind, (await estimateSeconds(config, dataset!)) / config.epochs);
  }
  const seconds = configs.map((config) => config.epochs * perEpoch.get(kindOf(config))!);
  const total = seconds.reduce((sum, each) => sum + each, 0);
  // No run can be shared by two processes: the longest one is the least that it takes.
  const wall = Math.max(total / Math.min(jobs, availableParallelism()), ...seconds);

  const axes = [...new Set(runs.flatMap(({ labels }) => Object.keys(labels)))];
  const rows = axes.map((axis) => {
    const values = [...new Set(runs.map(({ labels }) => labels[axis]))];
    return [axis, String(values.length), values.join(', ')];
  });
  if (rows.length > 0) {
    output.result(
      renderTable([{ head: 'setting' }, { head: 'values', align: 'right' }, { head: '' }], rows, {
        width: columns(process.stdout),
        colors: output.stdout,
      }),
    );
  }
  const done = finished > 0 ? `, ${finished} more are finished` : '';
  output.result(`${runs.length} run${runs.length === 1 ? '' : 's'} to do${done}`);
  output.result(`about ${duration(1000 * wall)} with ${jobs} at a time on this machine`);
  output.event('result', {
    finished,
    seconds: wall,
    runs: runs.map(({ id, labels }, i) => ({ id, labels, seconds: seconds[i] })),
  });
}

function dataKey({ dataset, dataDir, limit, testLimit }: TrainConfig): string {
  return JSON.stringify([dataset, dataDir, limit, testLimit]);
}
