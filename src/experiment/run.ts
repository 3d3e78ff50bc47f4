import { runName } from '../runs/name.ts';
import { runFiles } from '../runs/record.ts';
import { runSweep, type SweepOptions } from '../runs/sweep/run.ts';
import { isFinished, type SweepRun } from '../runs/sweep/sweep.ts';
import { codeName } from '../train/code/names.ts';
import { readMetrics } from '../train/metrics.ts';
import { singlesOf } from './claim.ts';
import { measureOf } from './measures.ts';
import { type ExperimentRun, sweepOf } from './plan.ts';
import type { RunRecord } from './results.ts';
import type { Experiment } from './spec.ts';

export type ExperimentOptions = Omit<SweepOptions, 'shard' | 'dataDir' | 'grows'>;

/**
 * Trains what is missing of the plan (runs/sweep/run.ts), below `folder`, which may hold other runs as well. A run that failed is a
 * record, too; what an abort leaves unfinished is none.
 */
export async function runExperiment(
  experiment: Experiment,
  plan: readonly ExperimentRun[],
  options: ExperimentOptions,
): Promise<RunRecord[]> {
  const runs = await runSweep(sweepOf(experiment, plan), { ...options, grows: true });
  // Two points of a grid may mean the same run.
  const byId = new Map(runs.map((run) => [run.id, run]));
  return plan.flatMap((planned) => {
    const run = byId.get(runName(planned.config))!;
    return isFinished(run) || run.status === 'failed' ? [recordOf(experiment, planned, run)] : [];
  });
}

/** A finished or failed run, from its folder. */
function recordOf(
  experiment: Experiment,
  { point, seed, config }: ExperimentRun,
  { result, folder }: SweepRun,
): RunRecord {
  const { status = 'failed', train = null, test = null, seconds = 0, digest = '' } = result ?? {};
  const lines = result ? readMetrics(runFiles(folder).metrics) : [];
  const epochs = lines.flatMap((line) =>
    line.t === 'epoch' ? [{ epoch: line.epoch, train: line.train, test: line.test }] : [],
  );
  const probes = lines.filter((line) => line.t === 'probe');
  const steps = lines.flatMap((line) => (line.t === 'step' ? [{ step: line.step, train: line.train }] : []));
  return {
    ...{ run: runName(config), point, seed, norm: codeName(config.norm), status, train, test, epochs },
    ...(keepsSteps(experiment) && { steps }),
    ...(probes.length > 0 && { probes }),
    ...{ seconds, digest },
  };
}

/** Does a chart, a table or a claim read the lines between the ends of epochs? */
export function keepsSteps({
  figure,
  panels = [],
  columns = [],
  claims,
  published = [],
}: Experiment): boolean {
  const charts = [{ x: figure.x, lines: [figure.y] }, ...panels];
  const claimed = claims.flatMap(singlesOf).map(({ of }) => of);
  const shown = published.flatMap(({ measure }) => measure ?? []);
  return (
    charts.some(({ x, lines }) => x === 'step' && lines.some((measure) => !measureOf(measure).curve)) ||
    [...charts.flatMap(({ lines }) => lines), ...columns, ...claimed, ...shown].some(
      (measure) => measureOf(measure).needsSteps,
    )
  );
}
