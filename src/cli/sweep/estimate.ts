import { availableParallelism } from 'node:os';
import { duration } from '../../charts/progress.ts';
import { plural } from '../../errors.ts';
import { estimateSeconds, kindOf, wallSeconds } from '../../runs/sweep/estimate.ts';
import { isFinished, loadRuns, type PlannedRun } from '../../runs/sweep/sweep.ts';
import { resolveConfig } from '../../train/config.ts';
import { loadData, onceInARow } from '../../train/data.ts';
import type { Output } from '../output.ts';
import { numeric, tableText } from '../table.ts';

type EstimateOptions = {
  /** Where runs may be finished already. */
  folder?: string;
  dataDir?: string;
} & (
  | { /** Processes of this machine, which share its cores. */ jobs: number }
  | { /** Workers of a cluster, each with so many cores. */ workers: number; cores: number }
);

/** Wall times are told for so many workers, as far as there are runs for them. */
const CROWDS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * `--dry-run`: what is missing of the runs, by its labels, and what it will take, from a few steps of each kind: core hours, and the time
 * by the clock.
 */
export async function estimate(
  planned: readonly PlannedRun[],
  options: EstimateOptions,
  output: Output,
): Promise<void> {
  const { folder, dataDir } = options;
  const isHere = 'jobs' in options;
  const resolved = planned.map((run) => ({ ...run, config: resolveConfig(run.config) }));
  const runs = folder === undefined ? resolved : loadRuns(folder, resolved).filter((run) => !isFinished(run));
  const finished = planned.length - runs.length;
  // As many threads as each of the sweep's processes will have; kernels look at it when they first run.
  const threads = isHere ? Math.max(1, Math.floor(availableParallelism() / options.jobs)) : options.cores;
  if (!isHere) process.env.NORMGRAD_THREADS = String(threads);
  process.env.NORMGRAD_THREADS ??= String(threads);
  const configs = runs.map(({ config }) => (dataDir ? { ...config, dataDir } : config));
  const kinds = new Map(configs.map((config) => [kindOf(config), config]));
  if (kinds.size > 0) output.note(`measuring some steps of ${plural(kinds.size, 'kind')} of run…`);
  const perEpoch = new Map<string, number>();
  const loadOnce = onceInARow(loadData);
  for (const [kind, config] of kinds) {
    perEpoch.set(kind, (await estimateSeconds(config, await loadOnce(config))) / config.epochs);
  }
  const seconds = configs.map((config) => config.epochs * perEpoch.get(kindOf(config))!);
  const cores = Number(process.env.NORMGRAD_THREADS);
  const coreHours = (cores * seconds.reduce((sum, each) => sum + each, 0)) / 3600;
  const workers = isHere ? options.jobs : options.workers;
  const wall = wallSeconds(seconds, isHere ? Math.min(workers, availableParallelism()) : workers);
  const crowds = CROWDS.filter((count) => count <= runs.length);
  const walls = crowds.map((count) => ({ workers: count, seconds: wallSeconds(seconds, count) }));

  const axes = [...new Set(runs.flatMap(({ labels }) => Object.keys(labels)))];
  const rows = axes.map((axis) => {
    const values = [...new Set(runs.map(({ labels }) => labels[axis]))];
    return [axis, String(values.length), values.join(', ')];
  });
  if (rows.length > 0) output.result(tableText(['setting', numeric('values'), ''], rows, output));
  const done = finished > 0 ? `, ${finished} more are finished` : '';
  output.result(`${plural(runs.length, 'run')} to do${done}`);
  output.result(
    `about ${Number(coreHours.toPrecision(2))} core hours, ${cores} of this machine's cores for each run`,
  );
  if (walls.length > 1) {
    const times = walls.map((each) => [String(each.workers), duration(1000 * each.seconds)]);
    const heads = [numeric('workers'), numeric('wall time')];
    output.result(tableText(heads, times, output));
  }
  output.result(
    isHere
      ? `about ${duration(1000 * wall)} with ${workers} at a time on this machine`
      : `about ${duration(1000 * wall)} with ${plural(workers, 'worker')} of ${plural(cores, 'core')} as fast as these`,
  );
  output.event('result', {
    finished,
    seconds: wall,
    coreHours,
    walls,
    runs: runs.map(({ id, labels }, i) => ({ id, labels, seconds: seconds[i] })),
  });
}
