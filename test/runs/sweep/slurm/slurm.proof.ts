import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, placeIn } from '../../../../src/runs/lock/look.ts';
import { loadSweep } from '../../../../src/runs/sweep/sweep.ts';
import { jsonLines, normgrad } from '../../../cli/normgrad.ts';
import { ofProcess } from '../children.ts';
import { essence } from '../essence.ts';
import { watchResults } from '../watchResults.ts';
import { reasonAgainstSlurm, type Slurm, startSlurm, until } from './daemons.ts';
import { kill, processesOf } from './tasks.ts';

/**
 * A sweep on a real Slurm, whose tasks are requeued, told to go and killed, and whose daemons are: all runs are done, none twice, and
 * with the bits of a sweep on one machine that nobody disturbed.
 */
const reason = reasonAgainstSlurm();
if (reason !== undefined) console.log(`The proof of Slurm is skipped: ${reason}.`);

// Where all is skipped, nothing below runs that would remove it again.
const folder = reason === undefined ? mkdtempSync(join(tmpdir(), 'normgrad-slurm-')) : '';
let slurm: Slurm;
beforeAll(async () => {
  if (reason === undefined) slurm = await startSlurm(folder);
}, 120_000);
afterAll(async () => {
  await slurm?.stop();
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
}, 120_000);

/** A place that has to be quoted everywhere. */
const place = join(folder, 'a 100% place');

/** Waits in every step, so that runs take as long as the disturbances need, on a fast machine too, and use little of it. */
const slowLoss = `import { crossEntropy } from 'normgrad';
const nothing = new Int32Array(new SharedArrayBuffer(4));
export default (...args) => {
  Atomics.wait(nothing, 0, 0, 30);
  return crossEntropy(...args);
};
`;

async function submit(name: string, grid: object, ...args: string[]): Promise<{ out: string; job: string }> {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'slow.mjs'), slowLoss);
  const file = join(place, `${name}.json`);
  writeFileSync(file, JSON.stringify(grid));
  const out = join(place, name);
  const { stdout, stderr } = await normgrad(
    ['--json', 'sweep', 'slurm', file, '--out', out, '--checkpoint-every', '20', '--submit', ...args],
    { env: slurm.env },
  );
  expect(stderr).toBe('');
  return { out, job: String(jsonLines(stdout).at(-1)!.job) };
}

const stateOf = (task: string) => slurm.call('squeue', '-h', '-j', task, '-o', '%t');
const logOf = (out: string, task: string) => readFileSync(join(out, `slurm-${task}.log`), 'utf8');
const restartsOf = (task: string) =>
  Number(slurm.call('scontrol', 'show', 'job', '-o', task).match(/ Restarts=(\d+)/)![1]);
const endOf = (task: string) =>
  slurm.call('scontrol', 'show', 'job', '-o', task).match(/ JobState=(\w+)/)![1];
/** run.json of the first run. */
const recordOf = (out: string) =>
  JSON.parse(readFileSync(join(loadSweep(out)[0].folder, 'run.json'), 'utf8'));
const doneOf = (out: string) => loadSweep(out).filter(({ status }) => status === 'done').length;

/** A task that was requeued waits for two minutes, unless it is told not to. */
async function startAgain(task: string): Promise<void> {
  await until(`${task} is pending`, () => stateOf(task) === 'PD');
  // Within a second the node would still refuse it: `Job credential revoked`, which is why Slurm waits.
  await setTimeout(3000);
  slurm.call('scontrol', 'update', `JobId=${task}`, 'StartTime=now');
  await until(`${task} runs again`, () => {
    slurm.resumeNode();
    return stateOf(task) === 'R' || stateOf(task) === '';
  });
}

describe.skipIf(reason !== undefined)('a sweep on Slurm', () => {
  const data = { dataset: 'synthetic', limit: 200, testLimit: 20 };
  const base = { ...data, hidden: [8], loss: './slow.mjs', epochs: 12 };

  it('of 60 runs with two workers survives everything', { timeout: 1_800_000 }, async () => {
    const grid = {
      base,
      grid: { norm: ['none', 'batch', 'layer'], batchSize: [10, 20], seed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    };
    const { out, job } = await submit('sixty', grid, '--workers', '2', '--time', '60');
    const tasks = [`${job}_0`, `${job}_1`];

    const watched = watchResults(loadSweep(out).map(({ folder: path }) => path));

    const disturbances: [name: string, disturb: () => Promise<unknown>][] = [
      [
        'a training process killed',
        async () => {
          let owner: number | undefined;
          await until('a run has an owner', () => {
            const locks = loadSweep(out).map(({ folder: path }) => look(placeIn(path)));
            owner = locks.find((lock) => lock?.owner)?.owner?.pid;
            return owner !== undefined;
          });
          expect(kill([owner!])).toBe(1);
        },
      ],
      [
        'scontrol requeue',
        async () => {
          slurm.call('scontrol', 'requeue', tasks[0]);
          await startAgain(tasks[0]);
        },
      ],
      [
        'USR1 to the script',
        async () => {
          slurm.call('scancel', '--batch', '--signal=USR1', tasks[1]);
          await startAgain(tasks[1]);
        },
      ],
      [
        'slurmd killed, and started again',
        async () => {
          await slurm.daemons.slurmd.kill();
          await setTimeout(2000);
          slurm.daemons.slurmd.start();
        },
      ],
      [
        'slurmctld killed, and a task told to go while there is none',
        async () => {
          // It writes its state down every five seconds: one that has forgotten a task that has just begun starts it a second
          // time, and drains the node for it ("Duplicate jobid").
          await setTimeout(6000);
          await slurm.daemons.slurmctld.kill();
          const { shell } = processesOf(tasks[0]);
          process.kill(shell, 'SIGTERM');
          await setTimeout(4000);
          slurm.daemons.slurmctld.start();
          await startAgain(tasks[0]);
        },
      ],
      [
        'a whole worker killed',
        async () => {
          expect(kill(processesOf(tasks[1]).workers)).toBeGreaterThan(0);
          await startAgain(tasks[1]);
        },
      ],
      [
        'a node lost: its daemon and all processes of a task killed at once',
        async () => {
          const daemon = slurm.daemons.slurmd.kill();
          const { shell, workers } = processesOf(tasks[0]);
          const [, parent] = ofProcess(shell, 'stat').match(/\) \S (\d+)/)!;
          expect(ofProcess(parent, 'comm')).toContain('slurmstepd');
          kill([Number(parent), shell, ...workers]);
          await daemon;
          // The node says at its start which jobs it has; one that has just begun may still be missing there.
          const before = restartsOf(tasks[0]);
          const isRequeued = () => restartsOf(tasks[0]) > before;
          for (let tries = 0; tries < 6 && !isRequeued(); tries++) {
            await slurm.daemons.slurmd.kill();
            slurm.daemons.slurmd.start();
            await until('', isRequeued, 15_000).catch(() => {});
          }
          expect(isRequeued()).toBe(true);
          if (stateOf(tasks[0]) === 'PD') await startAgain(tasks[0]);
        },
      ],
    ];
    await until(
      'both tasks are at work',
      () => loadSweep(out).filter(({ status }) => status === 'running').length === 2,
    );
    const { stdout } = await normgrad(['--json', 'sweep', 'status', out]);
    const { workers, hosts } = jsonLines(stdout).at(-1) as unknown as {
      workers: { worker: string; step: number }[];
      hosts: object[];
    };
    expect(hosts).toEqual([expect.objectContaining({ host: hostname(), failed: 0, diverged: 0 })]);
    expect(workers.length).toBeGreaterThan(0);
    for (const { worker } of workers) expect(worker).toMatch(/^\d+@/);

    const each = 60 / (disturbances.length + 1.5);
    for (const [i, [name, disturb]] of disturbances.entries()) {
      await until(
        `${Math.round(each * (i + 1))} runs are done`,
        () => doneOf(out) >= each * (i + 1),
        300_000,
      );
      console.log(`${doneOf(out)} done: ${name}`);
      await disturb();
    }

    await until('no task is left', () => slurm.call('squeue', '-h') === '', 600_000);
    const { written, rewritten } = watched();
    const restarts = tasks.map(restartsOf);
    console.log(`restarts: ${restarts.join(', ')}`);
    const states = tasks.map(endOf);
    const logs = tasks.map((task) => logOf(out, task)).join('\n');
    expect(states, logs).toEqual(['COMPLETED', 'COMPLETED']);
    expect(rewritten).toEqual([]);
    expect(written).toBe(60);
    expect(restarts.every((count) => count >= 2)).toBe(true);

    const alone = join(folder, 'alone');
    const { code } = await normgrad([
      '-q',
      'sweep',
      join(place, 'sixty.json'),
      '--out',
      alone,
      '--jobs',
      '8',
    ]);
    expect(code).toBe(0);
    expect(loadSweep(out).map(essence)).toEqual(loadSweep(alone).map(essence));
    const digests = new Set(loadSweep(out).map(({ result }) => result!.digest));
    console.log(`60 runs, ${digests.size} digests, all as on one machine`);
  });

  it('ends by scancel, with checkpoints, and is not queued again', { timeout: 300_000 }, async () => {
    const grid = { base: { ...base, epochs: 100_000 }, grid: { seed: [1, 2] } };
    const { out, job } = await submit('cancelled', grid, '--workers', '2');
    await until('both runs have begun', () => loadSweep(out).every(({ status }) => status === 'running'));
    slurm.call('scancel', job);
    await until('no task is left', () => slurm.call('squeue', '-h') === '');
    for (const { status, folder: path } of loadSweep(out)) {
      expect(status).toBe('missing');
      expect(existsSync(join(path, 'last.safetensors'))).toBe(true);
      expect(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'))).toMatchObject({
        status: 'interrupted',
        deaths: 0,
      });
    }
    await setTimeout(3000);
    expect(slurm.call('squeue', '-h')).toBe('');
    expect([0, 1].map((i) => restartsOf(`${job}_${i}`))).toEqual([0, 0]);
  });

  it('gives way to a job of higher priority, and goes on after it', { timeout: 600_000 }, async () => {
    const grid = { base: { ...base, epochs: 100_000 }, grid: { seed: [1] } };
    const { out, job } = await submit('preempted', grid, '--workers', '1', '--cpus', '2');
    const task = `${job}_0`;
    await until('the run has begun', () => existsSync(join(loadSweep(out)[0].folder, 'metrics.jsonl')));
    const urgent = ['--parsable', '--partition=urgent', '--cpus-per-task=2', '--output=/dev/null'];
    const other = slurm.call('sbatch', ...urgent, '--wrap', 'true');
    await until('the urgent job has had its turn', () => endOf(other) === 'COMPLETED');
    expect(loadSweep(out)[0].status).toBe('missing');
    await startAgain(task);
    await until('the run goes on', () => logOf(out, task).includes('continuing after step'));
    expect(recordOf(out)).toMatchObject({ status: 'running', deaths: 0 });
    expect(restartsOf(task)).toBe(1);
    slurm.call('scancel', job);
    await until('no task is left', () => slurm.call('squeue', '-h') === '');
  });

  it('gives up a run that kills its worker again and again', { timeout: 600_000 }, async () => {
    const grid = { base: { ...base, epochs: 100_000 }, grid: { seed: [1] } };
    const { out, job } = await submit('killer', grid, '--workers', '1', '--checkpoint-every', '1000000000');
    const task = `${job}_0`;
    for (let deaths = 0; deaths < 3; deaths++) {
      await until(`the run goes on after ${deaths} deaths`, () => {
        const { status, deaths: counted } = recordOf(out);
        return status === 'running' && counted === deaths;
      });
      kill(processesOf(task).workers);
      await startAgain(task);
    }
    await until('no task is left', () => slurm.call('squeue', '-h') === '');
    expect(recordOf(out)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('its process died 3 times'),
    });
    expect(loadSweep(out)[0].status).toBe('failed');
    expect(endOf(task)).toBe('FAILED');
    expect(restartsOf(task)).toBe(3);
  });

  it('goes on after the time of its task is up', { timeout: 600_000 }, async () => {
    const grid = { base: { ...base, epochs: 100_000 }, grid: { seed: [1] } };
    const { out, job } = await submit('limit', grid, '--workers', '1', '--time', '1');
    const task = `${job}_0`;
    await until('the run has begun', () => existsSync(join(loadSweep(out)[0].folder, 'metrics.jsonl')));
    await until('its time is nearly up', () => stateOf(task) === 'PD', 120_000);
    const [run] = loadSweep(out);
    const { step } = JSON.parse(
      readFileSync(join(run.folder, 'metrics.jsonl'), 'utf8').trim().split('\n').at(-1)!,
    );
    await startAgain(task);
    await until('the run goes on', () => logOf(out, task).includes('continuing after step'));
    expect(Number(logOf(out, task).match(/continuing after step (\d+)/)![1])).toBeGreaterThanOrEqual(step);
    slurm.call('scancel', job);
    await until('no task is left', () => slurm.call('squeue', '-h') === '');
    expect(restartsOf(task)).toBe(1);
  });
});
