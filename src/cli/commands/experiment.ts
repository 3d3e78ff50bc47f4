import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { experiments } from '../../../experiments/index.ts';
import { writeGallery } from '../../experiment/gallery.ts';
import { guarded } from '../../runs/files.ts';
import { atLeastOne, seedOption } from '../arguments.ts';
import { UsageError } from '../exit.ts';
import { findExperiment } from '../experiment/find.ts';
import { trainExperimentInTorch } from '../experiment/inTorch.ts';
import { type ExperimentFlags, runAndReport } from '../experiment/runAndReport.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';
import { experimentRuns } from '../sweep/plan.ts';
import { tableText } from '../table.ts';

interface Options extends ExperimentFlags {
  list?: boolean;
  gallery?: string;
  pytorch?: boolean;
}

const examples: Example[] = [
  ['normgrad experiment --list'],
  ['normgrad experiment small-batch-mlp --data-dir ~/datasets'],
  ['normgrad experiment small-batch-mlp --smoke', 'does it work? drawn digits, under a minute'],
  ['normgrad experiment ./mine.ts --seeds 5 --out runs/mine'],
  ['normgrad experiment small-batch-mlp --pytorch --data-dir DIR', 'the same runs in PyTorch'],
  ['normgrad experiment --gallery experiments', 'README.md and figures from experiments/results'],
];

const remark =
  'Runs that are finished in --out are not repeated. Exit code 1 if a claim or a run fails; one that the seeds do not decide has not.';

/** `experiment`: runs, claims, figure and report of one experiment. */
export function register(command: Command): void {
  command
    .argument('[name|file]', 'an experiment of the list, or a file whose default export is one')
    .option('--list', 'name every experiment')
    .option('--smoke', 'few drawn digits and one seed: whether it works, not what comes out')
    .option('--data-dir <dir>', 'folder with mnist/, cifar-10-batches-bin/ … (default: the cache)')
    .option('--seeds <n>', "the seeds 1 to n (default: the experiment's own)", atLeastOne)
    .addOption(seedOption('this one seed'))
    .option('--out <dir>', 'folder of the runs (default: a new one in runs/)')
    .option('--jobs <n>', 'runs at a time, each in a process (default: one per core)', atLeastOne)
    .option('--dry-run', 'count the runs, measure some steps for an estimate of the time, and stop')
    .option('--save <dir>', 'also write the small NAME.json here; experiments/results feeds the gallery')
    .option('--pytorch', 'train the runs of its table in PyTorch instead: NAME.pytorch.json with --save')
    .option('--gallery <dir>', 'write README.md and figures from the results in DIR/results')
    .action(run);
  addExamples(command, examples, remark);
}

async function run(name: string | undefined, options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { list, gallery, pytorch, ...session } = options;
  if (list) return writeList(output);
  if (gallery !== undefined) return gather(gallery, output);
  if (name === undefined) {
    throw new UsageError('which experiment?', [`one of: ${experiments.map((each) => each.name).join(', ')}`]);
  }
  if (options.smoke && options.save !== undefined) {
    throw new UsageError('--save keeps results, and a smoke run has none: leave out one of the two');
  }
  const experiment = await findExperiment(name);
  if (!pytorch) return runAndReport(experiment, session, output);
  const { jobs = availableParallelism(), save, out, dryRun, ...flags } = session;
  if (out !== undefined || dryRun) {
    throw new UsageError('--pytorch keeps its runs with --save DIR, and knows neither --out nor --dry-run');
  }
  await trainExperimentInTorch(experiment, experimentRuns(experiment, flags), { jobs, save }, output);
}

function writeList(output: Output): void {
  const rows = experiments.map(({ name, question, data }) => [name, data.dataset ?? 'mnist', question]);
  output.result(tableText(['experiment', 'data', 'question'], rows, output));
  output.event('result', {
    experiments: experiments.map(({ name, title, question, data, claims }) => ({
      name,
      title,
      question,
      dataset: data.dataset,
      claims: claims.map(({ says }) => says),
    })),
  });
}

function gather(folder: string, output: Output): void {
  const files = guarded(folder, () => writeGallery(folder, experiments)).map((file) => join(folder, file));
  output.result(files.join('\n'));
  output.event('result', { files });
}
