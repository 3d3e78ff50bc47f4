import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { experiments } from '../../../experiments/index.ts';
import { isDrawn } from '../../data/files/load.node.ts';
import { firstSeeds, planRuns, smokeSettings } from '../../experiment/plan.ts';
import { experimentPage } from '../../experiment/reportPage.ts';
import type { Experiment } from '../../experiment/spec.ts';
import type { StoredExperiment } from '../../experiment/stored.ts';
import { guarded } from '../../runs/files.ts';
import { runName } from '../../runs/name.ts';
import { readResult, readRun } from '../../runs/record.ts';
import { whatIsWrong } from '../../train/result.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';

/**
 * Writes the report of an experiment whose runs are in `folder`, by default there. Returns how many of its runs have other settings
 * there than `experiment` gives them now; the report does not say which.
 */
export function writeExperimentReport(
  experiment: Experiment,
  stored: StoredExperiment,
  folder: string,
  file = join(folder, 'report.html'),
): { file: string; unknown: number } {
  const { seeds, smoke } = stored;
  const plan = planRuns(experiment, { seeds, overrides: smoke ? smokeSettings(experiment) : {} });
  // A run's folder is named by a hash of all its settings.
  const known = plan
    .map((planned) => ({ ...planned, path: join(folder, runName(planned.config)) }))
    .filter(({ path }) => existsSync(path));
  const page = experimentPage(experiment, stored, {
    plan: known.map((planned) => ({ ...planned, why: whatIsWrongIn(planned.path) })),
    command: commandOf(experiment, stored),
  });
  guarded(file, () => writeWholeFile(file, page), '');
  return { file, unknown: plan.length - known.length };
}

function whatIsWrongIn(path: string): string | undefined {
  const result = readResult(path);
  return result === undefined ? (readRun(path)?.error ?? undefined) : whatIsWrong(result);
}

/** What to type for the same runs. A user's experiment is named by its file, wherever that lay. */
function commandOf(experiment: Experiment, { seeds, smoke }: StoredExperiment): string {
  const listed = experiments.includes(experiment);
  const typed = process.argv.find((word) => /\.[cm]?[jt]s$/.test(word) && word !== process.argv[1]);
  const usual = smoke ? [1] : firstSeeds(experiment.seeds);
  return [
    'normgrad experiment',
    listed ? experiment.name : `./${basename(typed ?? `${experiment.name}.ts`)}`,
    smoke ? '--smoke' : '',
    smoke || isDrawn(experiment.data.dataset ?? '') ? '' : '--data-dir DIR',
    seeds.join() === usual.join() ? '' : seedFlag(seeds),
  ]
    .filter(Boolean)
    .join(' ');
}

/** The command line gives 1 to n, or a single one. */
function seedFlag(seeds: readonly number[]): string {
  return seeds.length === 1 && seeds[0] !== 1 ? `--seed ${seeds[0]}` : `--seeds ${seeds.length}`;
}
