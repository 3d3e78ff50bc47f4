import type { Command } from 'commander';
import withWithout from '../../../experiments/with-without.ts';
import { atLeastOne, seedOption } from '../arguments.ts';
import { type ExperimentFlags, runAndReport } from '../experiment/runAndReport.ts';
import { addExamples, type Example, exampleLines } from '../help.ts';
import { outputOf } from '../output.ts';

const examples: Example[] = [['normgrad start'], ['normgrad start --seeds 3 --out runs/first']];

const next: Example[] = [
  ['normgrad experiment --list', 'figures of the literature, as programs'],
  ['normgrad data get mnist', 'real digits, 11.6 MB'],
  ['normgrad train --dataset mnist --norm layer', 'one run on them'],
  ['normgrad gradcheck', 'is every backward right?'],
];

/** `start`: the first experiment, from nothing to a table and a chart. */
export function register(command: Command): void {
  command
    .option(
      '--seeds <n>',
      `train every arm with the seeds 1 to n (default: ${withWithout.seeds})`,
      atLeastOne,
    )
    .addOption(seedOption('train every arm with this one seed'))
    .option('--out <dir>', 'folder of the experiment (default: a new one in runs/)')
    .action(run);
  addExamples(command, examples);
}

async function run(options: ExperimentFlags, command: Command): Promise<void> {
  const output = outputOf(command);
  const { bold } = output.stdout;
  await runAndReport(withWithout, options, output, ['', bold('Next'), ...exampleLines(next)]);
}
