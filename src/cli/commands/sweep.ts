import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { ConfigError, plural } from '../../errors.ts';
import type { Axes } from '../../runs/sweep/grid.ts';
import { runSweep } from '../../runs/sweep/run.ts';
import { ofShard, type Shard, type SweepPlan } from '../../runs/sweep/sweep.ts';
import { asUsageError, atLeastOne, seedOption } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { type Output, outputOf } from '../output.ts';
import { estimate } from '../sweep/estimate.ts';
import { describeMerge } from '../sweep/merge.ts';
import { chosenSweep, type SweepFlags } from '../sweep/plan.ts';
import { createRunsProgress } from '../sweep/progress.ts';
import { describeQueue, type QueueFlags, runQueued } from '../sweep/queue.ts';
import { labelText, reportSweep } from '../sweep/report.ts';
import { addSlurm } from '../sweep/slurm.ts';
import { addStatus } from '../sweep/status.ts';

interface Options extends SweepFlags {
  jobs?: number;
  shard?: Shard;
  checkpointEvery?: number;
  /** false: --no-wait. */
  wait: boolean;
  dryRun?: boolean;
}

const examples: Example[] = [
  ['normgrad sweep small-batch-mlp --data-dir ~/datasets --jobs 2'],
  ['normgrad sweep grid.json --set lr=0.1,0.3 --seeds 5 --dry-run', 'how many runs, and how long'],
  ['normgrad sweep runs/sweep-20261122-141003', 'continue: only what is missing runs'],
  ['normgrad sweep status runs/sweep-20261122-141003'],
  ['normgrad sweep grid.json --shard 1/4', 'a quarter of the runs, for one of four machines'],
  ['normgrad sweep slurm grid.json --workers 8 --time 04:00:00', 'on a cluster'],
  ['normgrad sweep merge shard1 shard2 --out runs/whole'],
];

const remark = `A grid is JSON: {"base": {"dataset": "synthetic"}, "grid": {"norm": ["none", "batch"], "seed": [1, 2]}}.
Several machines may work on one shared folder. Exit code 1 if a run diverges or fails.`;

/** `sweep`: many runs in one folder, and how they stand. */
export function register(command: Command): void {
  command
    .argument('<experiment|file|dir>', 'an experiment, a grid (.json), or the folder of a sweep to continue')
    .option('--set <setting=a,b>', 'values of a setting, such as norm=none,batch; may be repeated', addAxis)
    .option('--seeds <n>', 'the seeds 1 to n', atLeastOne)
    .addOption(seedOption('this one seed'))
    .option('--data-dir <dir>', 'folder with mnist/, cifar-10-batches-bin/ … (default: the cache)')
    .option('--smoke', 'few drawn digits, one epoch, one seed: whether it works')
    .option('--out <dir>', 'folder of the sweep (default: a new one in runs/)')
    .option('--jobs <n>', 'runs at a time, each in a process (default: one per core)', atLeastOne)
    .option('--shard <i/n>', 'only every n-th run, from the i-th on', shardOf)
    .option('--checkpoint-every <steps>', 'steps between checkpoints (default: one every 30 s)', atLeastOne)
    .option(
      '--no-wait',
      'leave once nothing is left to take, and leave alone what failed: one worker of many',
    )
    .option('--dry-run', 'list the runs, measure some steps for an estimate of the time, and stop')
    .action(run);
  addExamples(command, examples, remark);
  addStatus(command);
  addSlurm(command);
  describeMerge(command.command('merge'));
  describeQueue(command.command('queue')).action(async (what: string, _: object, self: Command) => {
    const options = self.optsWithGlobals<Options & QueueFlags>();
    const { plan, folder } = await chosenSweep(what, options, command);
    await runQueued(plan, folder, options, self);
  });
}

async function run(what: string, options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { shard, dryRun, dataDir } = options;
  const { plan, folder, before } = await chosenSweep(what, options, command);
  const jobs = options.jobs ?? availableParallelism();
  if (dryRun) return estimate(ofShard(plan.runs, shard), { jobs, folder: before, dataDir }, output);
  await sweep(plan, folder, { ...options, jobs }, output);
}

async function sweep(
  plan: SweepPlan,
  folder: string,
  { jobs, shard, dataDir, checkpointEvery, wait }: Options,
  output: Output,
): Promise<void> {
  const runs = ofShard(plan.runs, shard);
  const stopping = 'every worker stops after its step… (press again to quit at once)';
  const progress = createRunsProgress(runs, labelText, stopping, output);
  output.note(`${plan.name}: ${plural(runs.length, 'run')}, ${jobs} at a time`);
  output.note(folder);
  output.event('start', { folder, runs: runs.length, jobs });
  try {
    const options = { folder, jobs, shard, dataDir, checkpointEvery, wait, ...progress.hooks };
    const all = await runSweep(plan, options);
    progress.close();
    reportSweep(folder, all, output);
    const stopped = progress.exitCode();
    if (stopped !== undefined) process.exitCode = stopped;
    else if (
      all.some(({ status }) => status === 'failed' || status === 'diverged' || (wait && status !== 'done'))
    )
      process.exitCode = EXIT.failed;
  } catch (error) {
    throw error instanceof ConfigError && error.field === 'out' ? asUsageError(error) : error;
  } finally {
    progress.release();
  }
}

/** `norm=none,batch`; a value that is a list is JSON: `hidden=[64,64]`. */
function addAxis(given: string, before: Axes = {}): Axes {
  const [, axis, text] = given.match(/^(\w+)=(.+)$/) ?? [];
  if (axis === undefined) throw new InvalidArgumentError('It must be like norm=none,batch or lr=0.1.');
  return {
    ...before,
    [axis]: text.startsWith('[') ? [settingValue(text)] : text.split(',').map(settingValue),
  };
}

function settingValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function shardOf(given: string): Shard {
  const [, i, n] = (given.match(/^(\d+)\/(\d+)$/) ?? []).map(Number);
  if (!(i >= 1 && i <= n)) throw new InvalidArgumentError('It must be like 1/4: the first of four.');
  return { i, n };
}
