import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type SlurmJob, slurmScript, timeSeconds } from '../../../../src/runs/sweep/slurm.ts';

/** The script of `sweep slurm`, run by bash with stand-ins for Slurm's commands; slurm.proof.ts runs it on a real Slurm. */
const folder = mkdtempSync(join(tmpdir(), 'normgrad-slurm-script-'));
afterAll(() => rmSync(folder, { recursive: true }));

const job: SlurmJob = {
  name: 'lr',
  folder: '/data/lr',
  cwd: '/home/me',
  workers: 8,
  cpus: 2,
  command: ['x'],
};

interface Task {
  /** A worker in bash. */
  worker: string;
  /** What happens to the task once its worker is up. */
  signal?: NodeJS.Signals;
  /** squeue, in bash. */
  squeue?: string;
  env?: Record<string, string>;
}

let tasks = 0;

/** Runs a task to its end; `calls` are those of Slurm's commands, and what the worker says. */
async function run({ worker, signal, squeue = 'echo R', env = {} }: Task) {
  const place = join(folder, `task ${tasks++}`);
  const bin = join(place, 'bin');
  mkdirSync(bin, { recursive: true });
  const calls = join(place, 'calls');
  writeFileSync(calls, '');
  const commands = {
    squeue: `echo "squeue $*" >> calls\n${squeue}`,
    scontrol: 'echo "scontrol $*" >> calls',
    sleep: 'true',
    worker: `trap 'echo "worker HUP" >> calls; kill $!; exit 129' HUP\n${worker}`,
  };
  for (const [name, text] of Object.entries(commands)) {
    writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(place, 'slurm.sh'), slurmScript({ ...job, command: [join(bin, 'worker')] }));
  const slurms = { SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '3', SLURM_CPUS_PER_TASK: '2' };
  const child = spawn('bash', ['slurm.sh'], {
    cwd: place,
    env: { PATH: `${bin}:${process.env.PATH}`, ...slurms, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (signal) {
    await once(child.stdout, 'data');
    child.kill(signal);
  }
  const [code] = await once(child, 'exit');
  return { code, calls: readFileSync(calls, 'utf8').trim().split('\n') };
}

/** The real sleep, since that of the script takes no time here. */
const untilTold = 'echo up; command -p sleep 60 & wait';
const asks = 'squeue --noheader --jobs=7_3 --format=%t';
const requeues = 'scontrol requeue 7_3';

describe.skipIf(process.platform === 'win32')('the script of a task', () => {
  it.each(['USR1', 'TERM'])('%s stops the worker and queues the task again, and no other', async (name) => {
    const { code, calls } = await run({ worker: untilTold, signal: `SIG${name}` as NodeJS.Signals });
    expect(calls).toEqual(['worker HUP', asks, requeues]);
    expect(code).toBe(0);
  });

  it('does not queue a task again that Slurm is ending, so that scancel ends it', async () => {
    const { calls } = await run({ worker: untilTold, signal: 'SIGTERM', squeue: 'echo CG' });
    expect(calls).toEqual(['worker HUP', asks]);
  });

  it('asks again while the controller does not answer', async () => {
    const squeue = '[ $(grep -c squeue calls) = 3 ] && echo R';
    const { code, calls } = await run({ worker: untilTold, signal: 'SIGUSR1', squeue });
    expect(calls).toEqual(['worker HUP', asks, asks, asks, requeues]);
    expect(code).toBe(0);
    const gone = await run({ worker: untilTold, signal: 'SIGUSR1', squeue: 'exit 1' });
    expect(gone.calls).not.toContain(requeues);
    expect(gone.code).toBe(1);
  });

  it('ends as its worker does, and queues it again only where that was killed', async () => {
    expect(await run({ worker: 'exit 3' })).toEqual({ code: 3, calls: [''] });
    expect(await run({ worker: 'exit 0' })).toEqual({ code: 0, calls: [''] });
    expect(await run({ worker: 'kill -KILL $$' })).toEqual({ code: 0, calls: [asks, requeues] });
  });

  it('gives up after a hundred restarts', async () => {
    const env = { SLURM_RESTART_COUNT: '100' };
    expect(await run({ worker: 'kill -KILL $$', env })).toEqual({ code: 1, calls: [''] });
  });

  it('gives a worker as many threads as it has cores', async () => {
    const { calls } = await run({ worker: 'echo "$NORMGRAD_THREADS threads" >> calls' });
    expect(calls).toEqual(['2 threads']);
  });
});

describe('the options of the job', () => {
  const optionsOf = (more: Partial<SlurmJob>) =>
    slurmScript({ ...job, ...more })
      .split('\n')
      .filter((line) => line.startsWith('#SBATCH '))
      .map((line) => line.slice('#SBATCH '.length));

  it('are an array of workers, which is requeued and told before its end', () => {
    expect(optionsOf({ time: '04:00:00', partition: 'long', sbatch: ['--account=p1'] })).toEqual([
      '--job-name=lr',
      '--array=0-7',
      '--ntasks=1',
      '--cpus-per-task=2',
      '--time=04:00:00',
      '--partition=long',
      '--chdir=/home/me',
      '--output=/data/lr/slurm-%A_%a.log',
      '--open-mode=append',
      '--signal=B:USR1@120',
      '--requeue',
      '--account=p1',
    ]);
  });

  it('quote a folder, and % is no pattern in it', () => {
    const options = optionsOf({ folder: '/a "b" 9%', cwd: 'c:\\d' });
    expect(options).toContain('--output="/a \\"b\\" 9%%/slurm-%A_%a.log"');
    expect(options).toContain('--chdir="c:\\\\d"');
  });

  it('tell a short task later, so that it does something before', () => {
    expect(optionsOf({ time: '1' })).toContain('--signal=B:USR1@15');
    expect(optionsOf({ time: '8' })).toContain('--signal=B:USR1@120');
  });

  it.each([
    ['30', 1800],
    ['30:15', 1815],
    ['4:00:00', 14_400],
    ['1-12', 129_600],
    ['1-12:30', 131_400],
    ['0-0:0:20', 20],
  ])('the time %s is %d seconds', (time, seconds) => expect(timeSeconds(time)).toBe(seconds));

  it.each(['', '0', '4h', '1:2:3:4', '-1', '1-', '1.5'])('the time "%s" is refused', (time) => {
    expect(() => timeSeconds(time)).toThrow('time: must be a time limit of Slurm');
  });
});
