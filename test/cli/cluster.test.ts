import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFiles } from '../../src/runs/record.ts';
import { loadSweep, readPlan } from '../../src/runs/sweep/sweep.ts';
import { runTraining } from '../../src/runs/training.ts';
import { putLock } from '../runs/lock/foreign.ts';
import { inProcess } from './inProcess.ts';
import { jsonLines } from './normgrad.ts';

/** Sweeps of several machines on the command line: who works at one, and the script for Slurm. */
const folder = mkdtempSync(join(tmpdir(), 'normgrad-cluster-'));
afterAll(() => rmSync(folder, { recursive: true }));

const grid = join(folder, 'grid.json');
const out = join(folder, 'a sweep');
const script = join(out, 'slurm.sh');
const slurm = ['sweep', 'slurm', out, '--workers', '3'];

beforeAll(async () => {
  const base = { dataset: 'synthetic', limit: 40, testLimit: 20, hidden: [4], epochs: 2, batchSize: 10 };
  writeFileSync(grid, JSON.stringify({ base, grid: { seed: [1, 2, 3, 4, 5] } }));
  const { code } = await inProcess(['sweep', 'slurm', grid, '--workers', '2', '--out', out], {
    launcher: '/opt/normgrad',
  });
  expect(code).toBe(0);
});

describe('sweep slurm', () => {
  it('writes the plan and a script that calls this program as it was called, and says what to type', async () => {
    expect(readPlan(out).runs).toHaveLength(5);
    expect(statSync(script).mode & 0o111).toBe(0o111);
    const args = [
      '--cpus',
      '2',
      '--time',
      '04:00:00',
      '--checkpoint-every',
      '7',
      '--data-dir',
      folder,
      '--',
      '--mem=4G',
    ];
    const { code, stdout, stderr } = await inProcess([...slurm, ...args], { launcher: '/opt/normgrad' });
    expect(code).toBe(0);
    expect(stdout).toBe(`sbatch '${script}'\n`);
    expect(stderr).toContain('grid: 5 runs to do by 3 workers\n');
    const text = readFileSync(script, 'utf8');
    for (const option of ['--array=0-2', '--cpus-per-task=2', '--time=04:00:00', '--mem=4G']) {
      expect(text).toContain(`#SBATCH ${option}\n`);
    }
    const worker = `sweep '${out}' --jobs 1 --no-wait --data-dir ${folder} --checkpoint-every 7`;
    expect(text).toContain(`\n${process.execPath} /opt/normgrad ${worker} &\n`);
  });

  it('--submit hands it to sbatch', async () => {
    const path = process.env.PATH;
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const sbatch = join(bin, 'sbatch');
    try {
      process.env.PATH = bin;
      const none = await inProcess([...slurm, '--submit']);
      expect(none.code).toBe(2);
      expect(none.stderr).toContain(
        `there is no sbatch on this machine\n  on a machine that submits jobs to Slurm: sbatch '${script}'`,
      );
      process.env.PATH = `${bin}${delimiter}${path}`;
      const stub = (text: string) => writeFileSync(sbatch, `#!/bin/bash\n${text}\n`);
      stub('echo "sbatch: error: invalid partition: x" >&2; exit 1');
      chmodSync(sbatch, 0o755);
      const refused = await inProcess([...slurm, '--submit']);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('slurm.sh: invalid partition: x\n');
      stub('[ "$1" = --parsable ] && [ -f "$2" ] && echo "4711;cluster"');
      const { stdout } = await inProcess(['--json', ...slurm, '--submit']);
      expect(jsonLines(stdout).at(-1)).toMatchObject({
        job: '4711',
        workers: 3,
        missing: 5,
        failed: 0,
        script,
      });
    } finally {
      process.env.PATH = path;
    }
  });

  it('--dry-run writes nothing, and says core hours and the time by the clock', async () => {
    const there = join(folder, 'not there');
    const args = ['sweep', 'slurm', grid, '--out', there, '--workers', '3', '--dry-run'];
    const threads = process.env.NORMGRAD_THREADS;
    const { stdout } = await inProcess(['--json', ...args]);
    if (threads === undefined) delete process.env.NORMGRAD_THREADS;
    else process.env.NORMGRAD_THREADS = threads;
    expect(existsSync(there)).toBe(false);
    const { seconds, coreHours, walls, runs } = jsonLines(stdout).at(-1) as unknown as {
      seconds: number;
      coreHours: number;
      walls: { workers: number; seconds: number }[];
      runs: { seconds: number }[];
    };
    const [each] = runs.map((run) => run.seconds);
    // Five runs that take the same time: three workers need two rounds.
    expect(seconds).toBeCloseTo(2 * each, 10);
    expect(coreHours).toBeCloseTo((5 * each) / 3600, 12);
    expect(walls.map(({ workers }) => workers)).toEqual([1, 2, 4]);
    expect(walls.map((wall) => Math.round(wall.seconds / each))).toEqual([5, 3, 2]);
  });

  it.each([
    [['--time', '4h'], '--time: must be a time limit of Slurm, got "4h"'],
    [['--jobs', '2'], '--jobs: not with sweep slurm\n  its workers are tasks of Slurm: --workers N'],
    [['--seed', '2'], 'a sweep that continues keeps its runs'],
    [['--', 'account'], 'account is no option of sbatch'],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await inProcess([...slurm, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('sweep status', () => {
  it('says who works at which run, who seems to have died, and what each host has done', async () => {
    const [done, failed, running, left] = loadSweep(out);
    await runTraining(done.config, { folder: { path: done.folder } });
    const record = JSON.parse(readFileSync(runFiles(done.folder).run, 'utf8'));
    mkdirSync(failed.folder);
    const failure = { ...record, status: 'failed', error: 'for want of memory', host: 'node2' };
    writeFileSync(runFiles(failed.folder).run, JSON.stringify(failure));
    for (const { folder: path } of [running, left]) mkdirSync(path);
    putLock(running.folder, { pid: 4711, host: 'node2' });
    const step = { t: 'step', step: 20, epoch: 1, train: { loss: 1, accuracy: 0 }, lr: 1, ms: 1 };
    writeFileSync(runFiles(running.folder).metrics, `${JSON.stringify(step)}\n`);
    putLock(left.folder, { pid: 4712, host: 'node3' })(new Date(Date.now() - 3_600_000));

    const { code, stdout } = await inProcess(['sweep', 'status', out]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ 4711@node2 +│ seed 3 +│ +20 │ [\d.]+s ago +│/);
    expect(stdout).toMatch(/│ 4712@node3 +│ seed 4 +│ +│ none: the last was 1h00m ago +│/);
    expect(stdout).toMatch(/│ node2 +│ +0 │ +0 │ +1 │ +1 │/);
    expect(stdout).toMatch(new RegExp(`│ ${hostname()} +│ +1 │ +0 │ +0 │ +0 │`));
    expect(stdout).toMatch(/│ seed 2 +│ failed +│ for want of memory +│/);
    expect(stdout).toContain('5 runs: 1 done, 1 failed, 1 running, 2 missing\n');

    const asJson = await inProcess(['--json', 'sweep', 'status', out]);
    const { workers, hosts } = jsonLines(asJson.stdout).at(-1)! as unknown as {
      workers: object[];
      hosts: object[];
    };
    expect(workers).toEqual([
      expect.objectContaining({ worker: '4711@node2', id: running.id, step: 20, isStale: false }),
      expect.objectContaining({ worker: '4712@node3', id: left.id, isStale: true }),
    ]);
    expect(hosts).toContainEqual({ host: 'node2', done: 0, diverged: 0, failed: 1, running: 1 });
  });

  it('a worker of many leaves alone what failed, and its exit code says that a run did', async () => {
    const alone = join(folder, 'alone');
    const [, failed] = loadSweep(out);
    mkdirSync(alone);
    const { runs, ...plan } = readPlan(out);
    writeFileSync(join(alone, 'sweep.json'), JSON.stringify({ ...plan, runs: [runs[1]] }));
    cpSync(failed.folder, join(alone, failed.id), { recursive: true });
    const { code, stdout } = await inProcess(['sweep', alone, '--no-wait']);
    expect(stdout).toMatch(/for want of memory .*\n1 run: 1 failed\ntry again what failed: normgrad sweep /s);
    expect(code).toBe(1);
  });

  it('retry opens what failed again', async () => {
    const { stdout } = await inProcess(['sweep', 'retry', out]);
    expect(stdout).toBe('1 run that had failed will be tried again\n');
    expect(loadSweep(out).map(({ status }) => status)).toEqual([
      'done',
      'missing',
      'running',
      'missing',
      'missing',
    ]);
  });

  it.each(['status', 'retry', 'merge', 'queue', 'slurm'])(
    'sweep %s refuses what its help does not list',
    async (name) => {
      const { stdout } = await inProcess(['--json', 'sweep', name, '--help']);
      const { options } = jsonLines(stdout).at(-1) as unknown as { options: { flags: string }[] };
      const listed = options.map(({ flags }) => flags);
      expect(listed.filter((flags) => flags.includes('--no-wait'))).toEqual([]);
      expect(listed.some((flags) => flags.includes('--out'))).toBe(!['status', 'retry'].includes(name));

      const needed = { queue: ['--redis', 'redis://nowhere'], slurm: ['--workers', '2'] }[name] ?? [];
      const { code, stderr } = await inProcess(['sweep', name, out, ...needed, '--no-wait']);
      expect([code, stderr]).toEqual([2, `error: --no-wait: not with sweep ${name}\n  leave it out\n`]);
    },
  );
});
