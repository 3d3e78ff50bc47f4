import type { Command } from 'commander';
import { compareRuns, differingFields, findRuns } from '../experiment/compare.ts';
import { type MeasureName, measures } from '../experiment/measures.ts';
import { decimalsFor, formatSummary, type Summary } from '../report/statistics.ts';
import { renderTable } from '../report/table.ts';
import { ConfigError } from '../train/errors.ts';
import { unknownName } from '../train/nearest.ts';
import { UsageError } from './exit.ts';
import { columns, type Output, outputOf } from './output.ts';

interface Options {
  by?: string;
  measure: string;
  baseline?: string;
}

const atTheEnd = Object.keys(measures).filter((name) => !measures[name as MeasureName].needsSteps);

const examples = `
Examples:
  normgrad compare runs/small-batch-mlp-20261122-141003
  normgrad compare runs/first --by norm,batchSize --measure testError --baseline none`;

/** `compare`: the finished runs of some folders, over their seeds. */
export function register(command: Command): void {
  command
    .argument('<dir...>', 'folders of runs, or folders that hold such')
    .option('--by <field,…>', 'a row for each combination of these settings (default: all that differ)')
    .option('--measure <name>', atTheEnd.join(', '), 'testAccuracy')
    .option('--baseline <value>', 'of the first setting: adds the difference from it, seed by seed')
    .addHelpText('after', examples)
    .action(run);
}

function run(folders: string[], { by, measure, baseline }: Options, command: Command): void {
  const output = outputOf(command);
  if (!atTheEnd.includes(measure)) {
    throw new UsageError(`--measure: ${unknownName('measure', measure, atTheEnd)}`, [
      `one of: ${atTheEnd.join(', ')}`,
    ]);
  }
  const { runs, unfinished } = findRuns(folders);
  if (runs.length === 0) {
    throw new UsageError(`no finished run in ${folders.join(', ')}`, [
      unfinished > 0
        ? `${unfinished} are not finished`
        : 'a run is a folder with config.json and result.json',
    ]);
  }
  try {
    const fields = by?.split(',') ?? differingFields(runs);
    write(compareRuns(runs, measure as MeasureName, fields, baseline), measure as MeasureName, output);
  } catch (error) {
    if (!(error instanceof ConfigError) || error.field === undefined) throw error;
    throw new UsageError(`--${error.field}: ${error.problem}`, error.hint);
  }
  if (unfinished > 0) output.warn(`unfinished, and left out: ${unfinished}`);
}

function write(
  { fields, groups }: ReturnType<typeof compareRuns>,
  measure: MeasureName,
  output: Output,
): void {
  const { label, unit } = measures[measure];
  const compares = groups.some(({ difference }) => difference !== undefined);
  const heads = [unit ? `${label} (${unit})` : label, ...(compares ? ['difference'] : [])];
  const text = (summary: Summary) => formatSummary(summary, { decimals: decimalsFor(summary), showN: true });
  output.result(
    renderTable(
      [...fields.map((head) => ({ head })), ...heads.map((head) => ({ head, align: 'right' as const }))],
      groups.map(({ values, summary, difference }) => [
        ...values,
        text(summary),
        ...(compares ? [difference === undefined ? '' : signed(text(difference), difference.mean)] : []),
      ]),
      { width: columns(process.stdout), colors: output.stdout },
    ),
  );
  output.event('result', { measure, fields, groups });
}

function signed(text: string, value: number): string {
  return value > 0 ? `+${text}` : text;
}
