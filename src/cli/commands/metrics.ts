import { join, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { plural } from '../../errors.ts';
import { readRuns } from '../../experiment/folderRuns.ts';
import { guarded } from '../../runs/files.ts';
import { metricsCsv } from '../../runs/loggers/csv.ts';
import { openEventFile } from '../../runs/loggers/tensorboard.ts';
import { runFiles } from '../../runs/record.ts';
import { readMetrics } from '../../train/metrics.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { outputOf } from '../output.ts';

interface Options {
  csv?: string;
  tensorboard?: string;
}

const examples: Example[] = [
  ['normgrad metrics runs/first > first.csv', 'a row for every line of metrics.jsonl'],
  ['normgrad metrics runs/sweep-20261122-141003 --csv sweep.csv'],
  ['normgrad metrics runs/first runs/second --tensorboard logs', 'then: tensorboard --logdir logs'],
];

const remark = 'Also of runs that are not finished. `train --tensorboard DIR` writes while a run goes.';

/** `metrics`: the numbers of runs for other programs. */
export function register(command: Command): void {
  command
    .argument('<dir...>', 'folders of runs, or folders that hold such')
    .option('--csv <file>', 'a table of all lines of all runs (default: on stdout)')
    .option('--tensorboard <dir>', 'an event file for each run, in folders below this one')
    .action(run);
  addExamples(command, examples, remark);
}

function run(folders: string[], { csv, tensorboard }: Options, command: Command): void {
  const output = outputOf(command);
  const paths = readRuns(folders).map(({ path }) => path);
  if (paths.length === 0) {
    throw new UsageError(`no run in ${folders.join(', ')}`, ['a run is a folder with config.json']);
  }
  const names = shortNames(paths);
  if (tensorboard !== undefined) {
    for (const [i, path] of paths.entries()) openEventFile(join(tensorboard, names[i]), path).close();
    output.result(`${plural(paths.length, 'run')} in ${tensorboard}    tensorboard --logdir ${tensorboard}`);
  }
  if (csv !== undefined || tensorboard === undefined) {
    const text = metricsCsv(
      paths.map((path, i) => ({ run: names[i], lines: readMetrics(runFiles(path).metrics) })),
    );
    if (csv === undefined) output.raw(text.trimEnd());
    else {
      guarded(csv, () => writeWholeFile(csv, text), '');
      output.raw(csv);
    }
  }
  output.event('result', { runs: names, csv, tensorboard });
}

/** The ends of the paths, as short as they differ. */
function shortNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => resolve(path).split(sep));
  for (let length = 1; ; length++) {
    const names = parts.map((each) => each.slice(-length).join('/'));
    if (new Set(names).size === names.length || length > 20) return names;
  }
}
