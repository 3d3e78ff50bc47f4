import { type Command, Option } from 'commander';
import withWithout from '../../../experiments/with-without.ts';
import { conduct, type SessionOptions } from '../experiment/session.ts';
import { outputOf } from '../output.ts';
import { atLeastOne, integer } from '../values.ts';

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
    .addOption(
      new Option('--seed <n>', 'train every arm with this one seed').env('NORMGRAD_SEED').argParser(integer),
    )
    .option('--out <dir>', 'folder of the experiment (default: a new one in runs/)')
    .addHelpText('after', examples)
    .action(run);
}

async function run(options: SessionOptions, command: Command): Promise<void> {
  const output = outputOf(command);
  const { bold, dim } = output.stdout;
  await conduct(withWithout, options, output, [
    '',
    bold('Next'),
    `  npm run -s normgrad -- experiment --list                     ${dim('figures of the literature, as programs')}`,
    `  npm run -s normgrad -- data get mnist                        ${dim('real digits, 11.6 MB')}`,
    `  npm run -s normgrad -- train --dataset mnist --norm layer    ${dim('one run on them')}`,
    `  npm run -s normgrad -- gradcheck                             ${dim('is every backward right?')}`,
  ]);
}
