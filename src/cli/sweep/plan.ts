import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Command } from 'commander';
import * as v from 'valibot';
import { RunFolderError } from '../../errors.ts';
import { type ExperimentRun, firstSeeds, planRuns, smokeSettings, variantOf } from '../../experiment/plan.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { defaultOut } from '../../runs/folder.ts';
import { type Axes, expand, gridVariants, plannedRuns } from '../../runs/sweep/grid.ts';
import { plainName, readPlan, type SweepPlan } from '../../runs/sweep/sweep.ts';
import { checked, parsed, plainObject, readText } from '../../storedFile.node.ts';
import { fromFolder } from '../../train/codeFields.ts';
import type { TrainConfig } from '../../train/config.ts';
import { typed } from '../../typed.node.ts';
import { UsageError } from '../exit.ts';
import { findExperiment } from '../experiment/find.ts';
import { outputOf } from '../output.ts';
import { warnOfUnused } from '../unusedSettings.ts';

/** What changes the runs of an experiment. */
export interface RunFlags {
  seeds?: number;
  seed?: number;
  dataDir?: string;
  smoke?: boolean;
}

export interface PlanFlags extends RunFlags {
  /** `--set`: settings and their values, beyond the grid or instead of it. */
  set: Axes;
}

/** What says which runs a sweep has, and where. */
export interface SweepFlags extends Omit<PlanFlags, 'set'> {
  set?: Axes;
  out?: string;
}

/** A sweep file: JSON with what all runs share, and the settings that they differ in; those are checked with every run's. */
const sweepFileSchema = v.pipe(
  plainObject,
  v.strictObject({
    name: v.optional(plainName),
    base: v.optional(plainObject),
    grid: v.pipe(plainObject, v.record(v.string(), v.array(v.unknown()))),
  }),
);

interface ChosenSweep {
  plan: SweepPlan;
  folder: string;
  /** The folder, where runs may be finished in it already. */
  before: string | undefined;
}

/** The runs of a sweep that is to be continued, in the folder `what`, or new ones as the flags of the command `sweep` say. */
export async function chosenSweep(what: string, flags: SweepFlags, sweep: Command): Promise<ChosenSweep> {
  const { set = {}, out, ...rest } = flags;
  if (!isSweepFolder(what)) {
    const plan = await planOf(what, { ...rest, set });
    const axes = [...Object.keys(set), ...plan.runs.flatMap(({ labels }) => Object.keys(labels))];
    warnOfUnused(
      plan.runs.map(({ config }) => config),
      axes,
      outputOf(sweep),
    );
    return { plan, folder: out ?? defaultOut(plan.name), before: out };
  }
  const changing = ['set', 'seeds', 'seed', 'smoke', 'out'] as const;
  if (changing.some((flag) => sweep.getOptionValueSource(flag) === 'cli')) {
    throw new UsageError(
      'a sweep that continues keeps its runs: no --set, --seeds, --seed, --smoke or --out',
      [`its runs: ${typed('sweep status', [what])}`],
    );
  }
  return { plan: readPlan(what), folder: what, before: what };
}

/** The runs of an experiment, by name or file, or of a sweep file (.json), as the flags change them. */
export async function planOf(what: string, flags: PlanFlags): Promise<SweepPlan<TrainConfig>> {
  if (what.endsWith('.json')) return fromSweepFile(what, flags);
  const experiment = await findExperiment(what, [
    'or a grid (.json)',
    'or a folder with sweep.json, to continue it',
  ]);
  const variants = experimentRuns(experiment, flags).map(variantOf);
  return { name: experiment.name, runs: plannedRuns(expand(variants, flags.set)) };
}

/** The runs of an experiment as the flags change them. */
export function experimentRuns(experiment: Experiment, flags: RunFlags): ExperimentRun[] {
  const { dataDir, smoke } = flags;
  const overrides = { ...(dataDir ? { dataDir } : {}), ...(smoke ? smokeSettings(experiment) : {}) };
  return planRuns(experiment, { seeds: chosenSeeds(flags) ?? (smoke ? [1] : undefined), overrides });
}

function chosenSeeds({ seeds, seed }: RunFlags): number[] | undefined {
  if (seeds !== undefined) return firstSeeds(seeds);
  return seed === undefined ? undefined : [seed];
}

/** A folder that a sweep was started in. */
function isSweepFolder(what: string): boolean {
  return existsSync(what) && statSync(what).isDirectory();
}

function fromSweepFile(path: string, flags: PlanFlags): SweepPlan<TrainConfig> {
  const { dataDir, smoke } = flags;
  const hint =
    'like this: {"base": {"dataset": "synthetic"}, "grid": {"norm": ["none", "batch"], "seed": [1, 2]}}';
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`, [hint]);
  const from = { file: path, hint };
  const {
    name = basename(path, '.json'),
    base = {},
    grid,
  } = asUsage(() => checked(from, parsed(from, readText(from), JSON.parse), sweepFileSchema));
  const settings = { ...base, ...(dataDir ? { dataDir } : {}), ...(smoke ? smokeSettings() : {}) };
  const inFile = gridVariants(settings, grid).map(({ labels, config }) => ({
    labels,
    config: fromFolder(config, dirname(path)),
  }));
  const seeds = chosenSeeds(flags);
  const axes = { ...flags.set, ...(seeds ? { seed: seeds } : {}) };
  return { name, runs: plannedRuns(expand(inFile, axes)) };
}

/** A sweep file is typed by its user, so that what is wrong with it is a mistake of usage. */
function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RunFolderError) throw new UsageError(error.message, error.hint);
    throw error;
  }
}
