import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { ConfigError, plural } from '../../errors.ts';
import { workForQueue } from '../../runs/queue/work.ts';
import type { SweepEvent } from '../../runs/sweep/run.ts';
import { asUsageError, atLeastOne, number, queueOption, redisOption } from '../arguments.ts';
import { addExamples, type Example } from '../help.ts';
import { catchInterrupt } from '../interrupt.ts';
import { type Output, outputOf } from '../output.ts';
import { outcomeOf } from '../sweep/progress.ts';

interface Options {
  redis: string;
  queue: string;
  jobs?: number;
  dataDir?: string;
  out: string;
  wait: boolean;
  lostAfter: number;
}

const examples: Example[] = [
  ['normgrad worker --redis redis://head:6379 --data-dir ~/datasets', 'on every machine that is to train'],
  ['normgrad worker --redis redis://head:6379 --jobs 2 --no-wait', 'leaves when nothing is left'],
  [
    'normgrad worker --redis redis://head:6379 --out /shared/runs',
    'others go on with what a lost worker began',
  ],
];

const remark = `The runs come from the command sweep queue. Ctrl-C gives what has begun back, with a checkpoint.
Needs two more packages: npm install bullmq ioredis`;

/** `worker`: trains what `sweep queue` has put into a queue. */
export function register(command: Command): void {
  command
    .addOption(redisOption())
    .addOption(queueOption())
    .option('--jobs <n>', 'runs at a time, each in a process (default: one per core)', atLeastOne)
    .option('--data-dir <dir>', 'folder with mnist/, cifar-10-batches-bin/ … (default: as the sweep has it)')
    .option('--out <dir>', 'where runs have their folders, and checkpoints', join('runs', 'worker'))
    .option('--no-wait', 'leave once nothing is left to take')
    .option('--lost-after <seconds>', 'a worker that is silent for so long is lost', aboveZero, 60)
    .action(run);
  addExamples(command, examples, remark);
}

async function run(options: Options, command: Command): Promise<void> {
  const output = outputOf(command);
  const { redis, queue, dataDir, out, wait, lostAfter, jobs = availableParallelism() } = options;
  // Of each of the processes, which share the cores.
  process.env.NORMGRAD_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / jobs)));
  const interrupt = catchInterrupt(() => output.note('every run stops after its step, and goes back…'));
  const tell = teller(output);
  output.note(`queue ${queue}: ${plural(jobs, 'run')} at a time, in ${out}`);
  output.event('start', { queue, jobs, folder: out });
  try {
    await workForQueue({
      redis,
      queue,
      jobs,
      folder: out,
      dataDir,
      waits: wait,
      lostMs: 1000 * lostAfter,
      signal: interrupt.signal,
      onEvent: tell.onEvent,
    });
    output.result(`${plural(tell.count(), 'run')} done`);
    output.event('result', { runs: tell.count() });
    process.exitCode = interrupt.exitCode();
  } catch (error) {
    throw error instanceof ConfigError && error.field === 'redis' ? asUsageError(error) : error;
  } finally {
    interrupt.release();
  }
}

/** Says what becomes of the runs, and counts those that ended. */
function teller(output: Output) {
  const { red } = output.stderr;
  const warned = new Set<string>();
  let ended = 0;
  function onEvent(event: SweepEvent): void {
    if (event.type === 'warning') {
      if (!warned.has(event.message)) output.warn(event.message);
      warned.add(event.message);
      return;
    }
    const { type, id } = event;
    if (type === 'start') {
      output.event('run-start', { id, steps: event.steps });
      output.note(`${id}  ${event.steps > 0 ? `continuing after step ${event.steps}` : 'begins'}`);
    }
    if (type === 'crash') output.note(`${id}  its process died, trying again: ${event.message}`);
    if (type === 'failed') output.note(`${id}  ${red('failed')}: ${event.message}`);
    if (type === 'crash' || type === 'failed') output.event(type, { id, message: event.message });
    if (type === 'end' || type === 'reused') {
      ended++;
      output.event('run', { id, reused: type === 'reused', result: event.result });
      output.note(`${id}  ${outcomeOf(event.result, red)}`);
    }
  }
  return { onEvent, count: () => ended };
}

function aboveZero(given: string): number {
  const value = number(given);
  if (value <= 0) throw new InvalidArgumentError('It must be above 0.');
  return value;
}
