import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { plural } from '../../errors.ts';
import { guarded } from '../../runs/files.ts';
import { slurmFile, slurmScript } from '../../runs/sweep/slurm.ts';
import { isFinished, loadSweep, writePlan } from '../../runs/sweep/sweep.ts';
import { quoted, typed } from '../../typed.node.ts';
import { asUsageError, atLeastOne } from '../arguments.ts';
import { UsageError } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { outputOf } from '../output.ts';
import { estimate } from './estimate.ts';
import { takeFlags } from './flags.ts';
import { chosenSweep, type SweepFlags } from './plan.ts';

interface Options extends SweepFlags {
  workers: number;
  time?: string;
  cpus: number;
  partition?: string;
  submit?: boolean;
  checkpointEvery?: number;
  dryRun?: boolean;
}

const examples: Example[] = [
  ['normgrad sweep slurm grid.json --out runs/lr --workers 8 --time 04:00:00'],
  ['normgrad sweep slurm runs/lr --workers 8 --cpus 2 --submit -- --account=p123 --mem=4G'],
  ['normgrad sweep slurm runs/lr --workers 8 --dry-run', 'core hours, and when it will be done'],
];

const remark = `The folder has to be on a disk that all nodes share. More in docs/cluster.md.
A task whose time is up, or that is preempted, is queued again and goes on where it stopped.`;

/** `sweep slurm`: the sweep as a job array of workers. */
export function addSlurm(sweep: Command): void {
  const command = sweep
    .command('slurm')
    .description('write the script by which Slurm runs workers of a sweep, or hand it to sbatch')
    .argument('<sweep>', 'experiment, file or folder, as for sweep itself; --set, --seeds, --out … too')
    .argument('[sbatch...]', 'after --: more options of sbatch, such as --account=p123')
    .requiredOption('--workers <n>', 'tasks of the job array; each trains one run at a time', atLeastOne)
    .option('--time <limit>', "a task's time, such as 04:00:00 (default: the partition's)")
    .option('--cpus <n>', 'cores, and threads, of each worker', atLeastOne, 1)
    .option('--partition <name>', 'where the tasks run (default: the one of the cluster)')
    .option('--submit', 'call sbatch; without it, the line to call is printed')
    .action(run);
  takeFlags(command, ['set', 'seeds', 'seed', 'smoke', 'out', 'dataDir', 'checkpointEvery', 'dryRun'], {
    jobs: 'its workers are tasks of Slurm: --workers N',
  });
  addExamples(command, examples, remark);
}

async function run(what: string, sbatch: string[], _: object, self: Command): Promise<void> {
  const output = outputOf(self);
  const options = self.optsWithGlobals<Options>();
  const odd = sbatch.find((option) => !/^-\S+$/.test(option));
  if (odd !== undefined) {
    throw new UsageError(`${quoted(odd)} is no option of sbatch`, [
      'after --, options with their values in one word: -- --account=p123 --mem=4G',
    ]);
  }
  const { plan, folder, before } = await chosenSweep(what, options, self.parent!);
  const { workers, cpus, time, partition, dataDir, checkpointEvery } = options;
  if (options.dryRun) {
    return estimate(plan.runs, { workers, cores: cpus, folder: before, dataDir }, output);
  }

  const worker = ['sweep', resolve(folder), '--jobs', '1', '--no-wait'];
  if (dataDir !== undefined) worker.push('--data-dir', resolve(dataDir));
  if (checkpointEvery !== undefined) worker.push('--checkpoint-every', String(checkpointEvery));
  const job = {
    name: plan.name,
    folder: resolve(folder),
    cwd: process.cwd(),
    workers,
    cpus,
    time,
    partition,
  };
  const script = asUsage(() => slurmScript({ ...job, sbatch, command: [...ownCommand(), ...worker] }));
  await writePlan(folder, plan).catch((error) => {
    throw asUsageError(error);
  });
  const file = slurmFile(folder);
  guarded(folder, () => {
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  });

  const runs = loadSweep(folder);
  const missing = runs.filter((each) => !isFinished(each) && each.status !== 'failed').length;
  const failed = runs.filter(({ status }) => status === 'failed').length;
  output.note(`${plan.name}: ${plural(missing, 'run')} to do by ${plural(workers, 'worker')}`);
  if (failed > 0)
    output.note(`${failed} more have failed; to try them again: ${typed('sweep retry', [folder])}`);
  const submitted = options.submit ? submit(file) : undefined;
  output.result(submitted === undefined ? `sbatch ${quoted(file)}` : `submitted job ${submitted}`);
  output.note(`how it stands: ${typed('sweep status', [folder])}`);
  output.event('result', { folder, script: file, workers, missing, failed, job: submitted });
}

function asUsage<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw asUsageError(error);
  }
}

/** How this program is to be called on another machine that sees the same disk. */
function ownCommand(): string[] {
  return [process.execPath, resolve(process.env.NORMGRAD_LAUNCHER || process.argv[1])];
}

/** The number of the job. */
function submit(file: string): string {
  const { error, status, stdout, stderr } = spawnSync('sbatch', ['--parsable', file], { encoding: 'utf8' });
  if ((error as NodeJS.ErrnoException)?.code === 'ENOENT') {
    throw new UsageError('there is no sbatch on this machine', [
      `on a machine that submits jobs to Slurm: sbatch ${quoted(resolve(file))}`,
    ]);
  }
  if (error || status !== 0) {
    const why = error?.message ?? stderr.trim().replace(/^sbatch: error: /gm, '');
    throw new UsageError(`sbatch would not take ${file}: ${why}`, [
      `the script is written; try it with other options: sbatch ${quoted(resolve(file))}`,
    ]);
  }
  // With the name of the cluster behind a semicolon, where there are several.
  return stdout.trim().split(';')[0];
}
