import type { Command } from 'commander';
import withWithout from '../../../experiments/with-without.ts';
import { atLeastOne, seedOption } from '../arguments.ts';
import { type ExperimentFlags, runAndReport } from '../experiment/runAndReport.ts';
import { outputOf } from '../output.ts';

const examples = `
Examples:
  normgrad start
  normgrad start --seeds 3 --out runs/first`;

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
    .addHelpText('after', examples)
    .action(run);
}

async function run(options: ExperimentFlags, command: Command): Promise<void> {
  const output = outputOf(command);
  const { bold, dim } = output.stdout;
  await runAndReport(withWithout, options, output, [
    '',
    bold('Next'),
    `  npm run -s normgrad -- experiment --list                     ${dim('figures of the literature, as programs')}`,
    `  npm run -s normgrad -- data get mnist                        ${dim('real digits, 11.6 MB')}`,
    `  npm run -s normgrad -- train --dataset mnist --norm layer    ${dim('one run on them')}`,
    `  npm run -s normgrad -- gradcheck                             ${dim('is every backward right?')}`,
  ]);
}
