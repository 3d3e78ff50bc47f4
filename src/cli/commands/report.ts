import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { experiments } from '../../../experiments/index.ts';
import { RunFolderError } from '../../errors.ts';
import type { FolderRun } from '../../experiment/folderRuns.ts';
import { runsPage } from '../../experiment/runsPage.ts';
import { readStoredFile } from '../../experiment/stored.ts';
import { guarded } from '../../runs/files.ts';
import { readPlan } from '../../runs/sweep/sweep.ts';
import { typed } from '../../typed.node.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { UsageError } from '../exit.ts';
import { findExperiment } from '../experiment/find.ts';
import { writeExperimentReport } from '../experiment/writeReport.ts';
import { asFlags, checkMeasure, endMeasures, finishedRuns } from '../finishedRuns.ts';
import { addExamples, type Example } from '../help.ts';
import { outputOf } from '../output.ts';

interface Options {
  out?: string;
  experiment?: string;
  measure?: string;
  by?: string;
  baseline?: string;
}

const examples: Example[] = [
  ['normgrad report runs/small-batch-mlp-20261122-141003', 'an experiment: its claims, figures and runs'],
  [
    'normgrad report runs/sweep-20261122-141003 --by norm,lr',
    'a sweep: test accuracy over the epochs, and a comparison',
  ],
  ['normgrad report runs/first runs/second --out both.html'],
];

const remark = 'One HTML file that needs nothing else: it can be mailed, or printed.';

/** `report`: folders of runs as one page. */
export function register(command: Command): void {
  command
    .argument('<dir...>', 'folder of an experiment, or folders of runs')
    .option('--out <file>', 'the page (default: report.html in the first folder)')
    .option(
      '--experiment <name|file>',
      'what the runs are an experiment of (default: the name that the folder has)',
    )
    .option('--measure <name>', `without an experiment: ${endMeasures.join(', ')} (default: testAccuracy)`)
    .option('--by <field,…>', 'without an experiment: the settings to tell apart (default: all that differ)')
    .option(
      '--baseline <value>',
      'without an experiment: of the first setting, what to compare with (default: norm none)',
    )
    .action(run);
  addExamples(command, examples, remark);
}

async function run(folders: string[], options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const file = options.out ?? join(folders[0], 'report.html');
  for (const folder of folders) {
    if (!existsSync(folder)) throw new RunFolderError(`there is no folder ${folder}`);
  }
  const [first, ...others] = folders;
  const isExperiment = existsSync(storedFile(first)) && others.length === 0;
  refuseOthers(isExperiment, options);
  if (isExperiment) {
    const { unknown } = await ofExperiment(first, options.experiment, file);
    if (unknown > 0) {
      output.warn(`the experiment has changed since: the settings of ${unknown} runs are left out`);
    }
  } else {
    const page = ofRuns(folders, options);
    guarded(file, () => writeWholeFile(file, page), '');
  }
  output.result(file);
  output.event('result', { file });
}

/** Throws for flags that say nothing of such a page. */
function refuseOthers(isExperiment: boolean, { experiment, measure, by, baseline }: Options): void {
  const others = isExperiment ? { measure, by, baseline } : { experiment };
  const [odd] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (odd === undefined) return;
  throw new UsageError(
    isExperiment
      ? `--${odd}: the page of an experiment has the measures and the order of its definition`
      : `--${odd}: for one folder, that of an experiment (it has an experiment.json)`,
    [isExperiment ? 'another comparison of its runs: the command compare' : 'leave it out'],
  );
}

function storedFile(folder: string): string {
  return join(folder, 'experiment.json');
}

async function ofExperiment(folder: string, wanted: string | undefined, file: string) {
  const stored = readStoredFile(storedFile(folder));
  const name = wanted ?? stored.name;
  if (wanted === undefined && !experiments.some((each) => each.name === name)) {
    throw new UsageError(`${folder} holds the experiment ${name}, which is in a file of its own`, [
      `name that file: ${typed('report', [folder, '--experiment', `./${name}.ts`])}`,
    ]);
  }
  const experiment = await findExperiment(name);
  if (experiment.name !== stored.name) {
    throw new UsageError(`${folder} holds the experiment ${stored.name}, not ${experiment.name}`);
  }
  return writeExperimentReport(experiment, stored, folder, file);
}

function ofRuns(folders: readonly string[], { measure = 'testAccuracy', by, baseline }: Options): string {
  const { all: runs } = finishedRuns(folders, { records: true });
  return asFlags(() =>
    runsPage(runs, {
      title: `Runs in ${folders.map((folder) => basename(resolve(folder))).join(', ')}`,
      measure: checkMeasure('measure', measure, endMeasures),
      by: by?.split(','),
      baseline,
      missing: notBegun(folders, runs),
    }),
  );
}

/** Of sweeps: what is planned, and has no folder yet. */
function notBegun(folders: readonly string[], runs: readonly FolderRun[]): number {
  const begun = new Set(runs.map(({ path }) => resolve(path)));
  return folders
    .filter((folder) => existsSync(join(folder, 'sweep.json')))
    .flatMap((folder) => readPlan(folder).runs.map(({ id }) => resolve(folder, id)))
    .filter((planned) => !begun.has(planned)).length;
}
