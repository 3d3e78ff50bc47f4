import type { Command } from 'commander';
import { type MeasureName, measureLabel } from '../../experiment/measures.ts';
import {
  baselineOf,
  compareRuns,
  differenceText,
  differingFields,
  summaryText,
} from '../../experiment/seedGroups.ts';
import { asFlags, checkMeasure, endMeasures, finishedRuns } from '../finishedRuns.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';
import { numeric, tableText } from '../table.ts';

interface Options {
  by?: string;
  measure: string;
  baseline?: string;
}

const examples: Example[] = [
  ['normgrad compare runs/small-batch-mlp-20261122-141003'],
  ['normgrad compare runs/first --by norm,batchSize --measure testError --baseline none'],
];

/** `compare`: the finished runs of some folders, over their seeds. */
export function register(command: Command): void {
  command
    .argument('<dir...>', 'folders of runs, or folders that hold such')
    .option('--by <field,…>', 'a row for each combination of these settings (default: all that differ)')
    .option('--measure <name>', endMeasures.join(', '), 'testAccuracy')
    .option('--baseline <value>', 'of the first setting: adds the difference from it, seed by seed')
    .action(run);
  addExamples(command, examples);
}

function run(folders: string[], { by, measure, baseline }: Options, command: Command): void {
  const output = outputOf(command);
  const name = checkMeasure('measure', measure, endMeasures);
  const { runs, unfinished } = finishedRuns(folders);
  const fields = by?.split(',') ?? differingFields(runs);
  write(
    asFlags(() => compareRuns(runs, name, fields, baselineOf(fields, baseline))),
    name,
    output,
  );
  if (unfinished > 0) output.warn(`unfinished, and left out: ${unfinished}`);
}

function write(
  { fields, groups }: ReturnType<typeof compareRuns>,
  measure: MeasureName,
  output: Output,
): void {
  const compares = groups.some(({ difference }) => difference !== undefined);
  const heads = [measureLabel(measure), ...(compares ? ['difference'] : [])];
  const rows = groups.map(({ values, summary, difference }) => [
    ...values,
    summaryText(summary),
    ...(compares ? [difference === undefined ? '' : differenceText(difference)] : []),
  ]);
  output.result(tableText([...fields, ...heads.map(numeric)], rows, output));
  output.event('result', { measure, fields, groups });
}
