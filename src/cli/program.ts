import { Command, CommanderError } from 'commander';
import { wrapLines } from '../charts/text.ts';
import { checkEnvironment } from '../environment.ts';
import { version } from '../runs/version.ts';
import { type Example, examplesText, helpFormat, helpWidth } from './help.ts';
import { helpAsJson } from './helpAsJson.ts';
import { createOutput } from './output.ts';
import { reportError } from './reportError.ts';

/** What a command's file exports: it adds arguments, options, examples and the action to `command`. */
interface CommandFile {
  register(command: Command): void;
}

/** Every command, under its head in the help. */
const groups = {
  'Experiments:': {
    start: 'a first experiment: one network, with and without normalization',
    experiment: 'a figure of the literature: runs, claims, report',
    train: 'train one network on one dataset',
    compare: 'finished runs over their seeds, with differences from a baseline',
    plot: 'curves of finished runs, mean and band over their seeds: terminal, SVG, PNG',
    report: 'an experiment or other runs as one HTML page: claims, figures, tables, settings',
    export: 'the weights of a run, for PyTorch and numpy',
    metrics: 'the numbers of runs for other programs: CSV, TensorBoard',
    sweep: 'many runs in one folder: a grid of settings, stopped and continued at will',
    worker: 'train runs of a sweep that another machine has put into a queue',
  },
  'Correctness:': {
    gradcheck: 'compare the hand-derived backward of the norms with finite differences',
    verify: "compare this engine with another one's numbers, from golden files",
    parity: 'train in this engine and in PyTorch, and compare them step by step',
  },
  'Learn:': {
    explain: "a norm's forward and backward pass, with real numbers",
    quiz: 'write the missing line of a backward pass',
    play: 'the interactive page: see a norm backpropagate',
  },
  'Data:': {
    data: 'list, fetch and check datasets',
  },
};

type Groups = typeof groups;
type CommandName = { [Head in keyof Groups]: keyof Groups[Head] }[keyof Groups];

/** A command's file is loaded only when it is called, so that `--help` is quick. */
const files: Record<CommandName, () => Promise<CommandFile>> = {
  start: () => import('./commands/start.ts'),
  experiment: () => import('./commands/experiment.ts'),
  train: () => import('./commands/train.ts'),
  compare: () => import('./commands/compare.ts'),
  plot: () => import('./commands/plot.ts'),
  report: () => import('./commands/report.ts'),
  export: () => import('./commands/export.ts'),
  metrics: () => import('./commands/metrics.ts'),
  sweep: () => import('./commands/sweep.ts'),
  worker: () => import('./commands/worker.ts'),
  gradcheck: () => import('./commands/gradcheck.ts'),
  verify: () => import('./commands/verify.ts'),
  parity: () => import('./commands/parity.ts'),
  explain: () => import('./commands/explain.ts'),
  quiz: () => import('./commands/quiz.ts'),
  play: () => import('./commands/play.ts'),
  data: () => import('./commands/data.ts'),
};

export const commandNames = Object.keys(files) as CommandName[];

const examples: Example[] = [
  ['normgrad start', 'with and without a norm'],
  ['normgrad train --dataset synthetic --norm layer', 'one run, no files needed'],
  ['normgrad gradcheck --all', 'is every backward right?'],
];

/** Flags that say how, and not what: with these alone there is the short help. */
const global = ['--json', '-q', '--quiet', '-v', '--verbose', '--color', '--no-color'];

/** Runs the command that `args` say, and writes what went wrong. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const program = emptyProgram();
  const writeHelp = args.includes('--json') ? helpAsJson(program) : undefined;
  try {
    readEnvironment(args);
    await addCommands(program, args);
    if (args.some((arg) => !global.includes(arg))) await program.parseAsync(args, { from: 'user' });
    else if (writeHelp) program.outputHelp();
    else process.stdout.write(shortHelp());
    writeHelp?.();
  } catch (error) {
    // Help and version are thrown too, having been written.
    if (error instanceof CommanderError && error.exitCode === 0) writeHelp?.();
    else reportError(error, args);
  }
}

/** Says at once what is wrong with a variable of the environment, whatever the command may read of it later. */
function readEnvironment(args: readonly string[]): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith('NORMGRAD_') && value === '') delete process.env[name];
  }
  const output = createOutput({
    json: args.includes('--json'),
    color: args.includes('--no-color') ? false : undefined,
  });
  for (const warning of checkEnvironment(process.env)) output.warn(warning);
}

function emptyProgram(): Command {
  return (
    new Command('normgrad')
      .description('Train, check and learn how normalization backpropagates.')
      .option('--json', 'one JSON object per line on stdout, the last one the result')
      .option('-q, --quiet', 'no progress and no messages, only results')
      .option('-v, --verbose', 'more messages; the stack of an error')
      .option('--color', 'colours also where the output is no terminal')
      .option('--no-color', 'no colours (as with NO_COLOR set)')
      .version(version, '-V, --version', 'the version')
      .helpOption('-h, --help', 'help for a command')
      .configureHelp(helpFormat)
      // reportError.ts writes them.
      .configureOutput({ outputError: () => {}, getOutHelpWidth: helpWidth })
      .exitOverride()
      .showSuggestionAfterError()
      .addHelpText('after', () => `\n${examplesText(examples)}`)
      .addHelpCommand(
        new Command('help').argument('[command]').description('help for a command').helpGroup('Help:'),
      )
  );
}

async function addCommands(program: Command, args: readonly string[]): Promise<void> {
  for (const [head, commands] of Object.entries(groups)) {
    for (const [name, summary] of Object.entries(commands)) {
      const command = program.command(name).description(summary).helpGroup(head);
      if (args.includes(name)) (await files[name as CommandName]()).register(command);
    }
  }
}

function shortHelp(): string {
  const commands = Object.values(groups).flatMap((each) => Object.entries(each));
  const list = commands.map(([name, summary]) => `  ${name.padEnd(10)} ${summary}`).join('\n');
  const head = `normgrad ${version}: train, check and learn how normalization backpropagates`;
  const parts = [wrapLines(head, helpWidth()), wrapLines(list, helpWidth(), 11), examplesText(examples)];
  return `${parts.join('\n\n')}\n\nEvery command has --help.\n`;
}
