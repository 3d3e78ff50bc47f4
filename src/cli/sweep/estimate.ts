import { availableParallelism } from 'node:os';
import { duration } from '../../charts/progress.ts';
import { plural } from '../../errors.ts';
import { estimateSeconds, kindOf } from '../../runs/sweep/estimate.ts';
import { isFinished, loadRuns, type PlannedRun } from '../../runs/sweep/sweep.ts';
import { resolveConfig } from '../../train/config.ts';
import { loadData, onceInARow } from '../../train/data.ts';
import type { Output } from '../output.ts';
import { numeric, tableText } from '../table.ts';

interface EstimateOptions {
  jobs: number;
  /** Where runs may be finished already. */
  folder?: string;
  dataDir?: string;
}

/** `--dry-run`: what is missing of the runs, by its labels, and the time it will take, from a few steps of each kind. */
export async function estimate(
  planned: readonly PlannedRun[],
  { jobs, folder, dataDir }: EstimateOptions,
  output: Output,
): Promise<void> {
  const resolved = planned.map((run) => ({ ...run, config: resolveConfig(run.config) }));
  const runs = folder === undefined ? resolved : loadRuns(folder, resolved).filter((run) => !isFinished(run));
  const finished = planned.length - runs.length;
  // As many threads as each of the sweep's processes will have; kernels look at it when they first run.
  process.env.NORMGRAD_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / jobs)));
  const configs = runs.map(({ config }) => (dataDir ? { ...config, dataDir } : config));
  const kinds = new Map(configs.map((config) => [kindOf(config), config]));
  if (kinds.size > 0) output.note(`measuring some steps of ${plural(kinds.size, 'kind')} of run…`);
  const perEpoch = new Map<string, number>();
  const loadOnce = onceInARow(loadData);
  for (const [kind, config] of kinds) {
    perEpoch.set(kind, (await estimateSeconds(config, await loadOnce(config))) / config.epochs);
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
  if (rows.length > 0) output.result(tableText(['setting', numeric('values'), ''], rows, output));
  const done = finished > 0 ? `, ${finished} more are finished` : '';
  output.result(`${plural(runs.length, 'run')} to do${done}`);
  output.result(`about ${duration(1000 * wall)} with ${jobs} at a time on this machine`);
  output.event('result', {
    finished,
    seconds: wall,
    runs: runs.map(({ id, labels }, i) => ({ id, labels, seconds: seconds[i] })),
  });
}
