import { plannedRuns, type Variant } from '../runs/sweep/grid.ts';
import type { SweepPlan } from '../runs/sweep/sweep.ts';
import { fromFolder, withHashes } from '../train/codeFields.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../train/config.ts';
import { type GridValue, nameOf, type Point } from './point.ts';
import type { Experiment } from './spec.ts';

/** One run of an experiment before it begins. */
export interface ExperimentRun {
  point: Point;
  seed: number;
  config: TrainConfig;
}

interface PlanOptions {
  /** By default 1 to the experiment's own number. */
  seeds?: readonly number[];
  /** What beats the experiment's settings in every run. */
  overrides?: TrainOptions;
}

/** Drawn digits, few of them, once: whether everything works, and nothing else. */
export function smokeSettings({ smoke = {} }: Pick<Experiment, 'smoke'> = {}): TrainOptions {
  return { dataset: 'synthetic', dataDir: null, limit: 128, testLimit: 50, epochs: 1, ...smoke };
}

/** Every run, seed by seed, so that an experiment that is stopped halfway has compared all of its grid. */
export function planRuns(experiment: Experiment, options: PlanOptions = {}): ExperimentRun[] {
  const { seeds = firstSeeds(experiment.seeds), overrides = {} } = options;
  const points = gridPoints(experiment);
  return seeds.flatMap((seed) =>
    points.map(({ point, settings }) => ({
      point,
      seed,
      config: withHashes(resolveConfig({ ...settings, ...overrides, seed })),
    })),
  );
}

/** As a run of a sweep. */
export function variantOf({ point, seed, config }: ExperimentRun): Variant {
  return { labels: { ...point, seed }, config };
}

/** The runs as a sweep; of points that mean the same run, the first. */
export function sweepOf({ name }: Experiment, plan: readonly ExperimentRun[]): SweepPlan<TrainConfig> {
  return { name, runs: plannedRuns(plan.map(variantOf)) };
}

/** 1 to n. */
export function firstSeeds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** Every point of the grid, with its settings before they are checked. */
export function gridPoints(experiment: Experiment): { point: Point; settings: TrainOptions }[] {
  const { grid, data, model, training, folder } = experiment;
  let points: { point: Record<string, string | number>; settings: TrainOptions }[] = [
    { point: {}, settings: {} },
  ];
  for (const [axis, values] of Object.entries(grid)) {
    points = points.flatMap(({ point, settings }) =>
      values.map((value) => ({
        point: { ...point, [axis]: nameOf(value) },
        settings: { ...settings, ...settingsOf(axis, value) },
      })),
    );
  }
  return points.map(({ point, settings }) => {
    const trained = typeof training === 'function' ? training(point) : training;
    return { point, settings: fromFolder({ ...data, ...model, ...trained, ...settings }, folder) };
  });
}

function settingsOf(axis: string, value: GridValue): TrainOptions {
  if (typeof value !== 'object') return { [axis]: value };
  const { name: _, ...settings } = value;
  return settings;
}
