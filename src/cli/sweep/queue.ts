import type { Command } from 'commander';
import { ConfigError, plural } from '../../errors.ts';
import { DEFAULT_QUEUE } from '../../runs/queue/redis.ts';
import { cancelQueued, queueSweep } from '../../runs/queue/sweep.ts';
import { ofShard, type Shard, type SweepPlan } from '../../runs/sweep/sweep.ts';
import { typed } from '../../typed.node.ts';
import { asUsageError, queueOption, redisOption } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { addExamples, type Example } from '../help.ts';
import { outputOf } from '../output.ts';
import { takeFlags } from './flags.ts';
import { createRunsProgress } from './progress.ts';
import { labelText, reportSweep } from './report.ts';

/** Of `sweep` and of `sweep queue`. */
export interface QueueFlags {
  redis: string;
  queue: string;
  cancel?: boolean;
  shard?: Shard;
  checkpointEvery?: number;
}

const examples: Example[] = [
  ['normgrad sweep queue grid.json --out runs/first --redis redis://head:6379'],
  ['normgrad sweep queue runs/first --redis redis://head:6379', 'continue: only what is missing is trained'],
  ['normgrad sweep queue runs/first --redis redis://head:6379 --cancel'],
];

const remark = `For machines that share no disk; where they share one, run the sweep in a folder of it on each instead.
On the machines that train runs the command worker. Needs two more packages: npm install bullmq ioredis`;

/** `sweep queue`; the rest of its flags are the sweep's. */
export function describeQueue(command: Command): Command {
  command
    .description('have the runs trained by the workers of a queue in Redis, and collect what comes out')
    .argument('<experiment|file|dir>', 'as for a sweep')
    .addOption(redisOption())
    .addOption(queueOption())
    .option('--cancel', 'take the runs that no worker has begun out of the queue');
  takeFlags(command, ['set', 'seeds', 'seed', 'smoke', 'out', 'dataDir', 'shard', 'checkpointEvery'], {
    jobs: 'every worker has its own: worker --jobs N',
    dryRun: 'the same without queue, on a machine of the kind: sweep … --dry-run',
  });
  return addExamples(command, examples, remark);
}

export async function runQueued(
  plan: SweepPlan,
  folder: string,
  { redis, queue, cancel, shard, checkpointEvery }: QueueFlags,
  command: Command,
): Promise<void> {
  const output = outputOf(command);
  const runs = ofShard(plan.runs, shard);
  // The URL may have a password in it.
  const named = ['--redis', 'URL', ...(queue === DEFAULT_QUEUE ? [] : ['--queue', queue])];
  const stopping = 'what is in the queue stays there (the same command collects it; --cancel takes it out)';
  const progress = createRunsProgress(runs, labelText, stopping, output);
  try {
    if (cancel) {
      const cancelled = await cancelQueued(runs, { redis, queue });
      output.result(`${plural(cancelled, 'run')} taken out of the queue ${queue}`);
      output.event('result', { folder, cancelled });
      return;
    }
    output.note(`${plan.name}: ${plural(runs.length, 'run')}, by the workers of the queue ${queue}`);
    output.note(folder);
    output.event('start', { folder, runs: runs.length, queue });
    const swept = await queueSweep(plan, { folder, redis, queue, shard, checkpointEvery, ...progress.hooks });
    progress.close();
    reportSweep(folder, swept.runs, output, { again: typed('sweep queue', [folder, ...named]) });
    for (const conflict of swept.conflicts) output.event('conflict', { message: conflict });
    const stopped = progress.exitCode();
    const isRight = swept.conflicts.length === 0 && swept.runs.every(({ status }) => status === 'done');
    if (stopped !== undefined) process.exitCode = stopped;
    else if (!isRight) process.exitCode = EXIT.failed;
  } catch (error) {
    const isFlag = error instanceof ConfigError && ['out', 'redis'].includes(error.field ?? '');
    throw isFlag ? asUsageError(error) : error;
  } finally {
    progress.release();
  }
}
