import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { experiments } from '../../experiments/index.ts';
import type { Experiment } from '../experiment/define.ts';
import { firstSeeds, planRuns, smokeSettings } from '../experiment/plan.ts';
import type { TrainOptions } from '../train/config.ts';
import { type Axes, expand, gridVariants, plannedRuns, type Variant } from '../train/grid.ts';
import { unknownName } from '../train/nearest.ts';
import type { SweepPlan } from '../train/sweep.ts';
import { UsageError } from './exit.ts';
import { isPath, loadExperiment } from './experimentFile.ts';

export interface PlanFlags {
  /** `--set`: settings and their values, beyond the grid or instead of it. */
  set: Axes;
  seeds?: number;
  seed?: number;
  dataDir?: string;
  smoke?: boolean;
}

/** A sweep file: JSON with what all runs share, and the settings that they differ in. */
interface SweepFile {
  name?: string;
  base?: TrainOptions;
  grid: Axes;
}

const smokeRun: TrainOptions = {
  dataset: 'synthetic',
  dataDir: null,
  limit: 128,
  testLimit: 50,
  epochs: 1,
};

/** The runs of an experiment, by name or file, or of a sweep file (.json), as the flags change them. */
export async function planOf(what: string, flags: PlanFlags): Promise<SweepPlan> {
  const { name, variants, experiment } = what.endsWith('.json')
    ? fromSweepFile(what, flags)
    : fromExperiment(what, await findExperiment(what), flags);
  const seeds =
    flags.seeds !== undefined ? firstSeeds(flags.seeds) : flags.seed !== undefined ? [flags.seed] : undefined;
  const axes = { ...flags.set, ...(seeds ? { seed: seeds } : {}) };
  return { name, experiment, runs: plannedRuns(expand(variants, axes)) };
}

interface Variants extends Pick<SweepPlan, 'name' | 'experiment'> {
  variants: Variant[];
}

/** A folder that a sweep was started in. */
export function isSweepFolder(what: string): boolean {
  return existsSync(what) && statSync(what).isDirectory();
}

function fromSweepFile(path: string, { dataDir, smoke }: PlanFlags): Variants {
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  const example =
    'like this: {"base": {"dataset": "synthetic"}, "grid": {"norm": ["none", "batch"], "seed": [1, 2]}}';
  let file: Partial<SweepFile>;
  try {
    file = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`, [example]);
  }
  const { name = basename(path, '.json'), base = {}, grid } = file;
  if (typeof grid !== 'object') throw new UsageError(`${path} has no "grid"`, [example]);
  const settings = { ...base, ...(dataDir ? { dataDir } : {}), ...(smoke ? smokeRun : {}) };
  return { name, variants: gridVariants(settings, grid) };
}

function fromExperiment(what: string, experiment: Experiment, { dataDir, smoke }: PlanFlags): Variants {
  const overrides = { ...(dataDir ? { dataDir } : {}), ...(smoke ? smokeSettings(experiment) : {}) };
  const variants: Variant[] = planRuns(experiment, { overrides }).map(({ point, seed, config }) => ({
    labels: { ...point, seed },
    config,
  }));
  const source = isPath(what) ? resolve(what) : what;
  return { name: experiment.name, variants, experiment: experiment.prepare && source };
}

/** By name, or from a file. */
export async function findExperiment(name: string): Promise<Experiment> {
  if (isPath(name)) return loadExperiment(name);
  const known = experiments.find((each) => each.name === name);
  if (known) return known;
  const names = experiments.map((each) => each.name);
  throw new UsageError(unknownName('experiment', name, names), [
    `one of: ${names.join(', ')}`,
    'or a file: an experiment (.ts, .mjs), or a grid (.json)',
    'or a folder with sweep.json, to go on there',
  ]);
}
