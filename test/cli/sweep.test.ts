import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/runs/record.ts';
import { loadSweep } from '../../src/runs/sweep/sweep.ts';
import { runTraining } from '../../src/runs/training.ts';
import { inProcess } from './inProcess.ts';
import { jsonLines, normgrad } from './normgrad.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-cli-sweep-'));
afterAll(() => rmSync(folder, { recursive: true }));

const grid = join(folder, 'grid.json');
writeFileSync(
  grid,
  JSON.stringify({
    base: { dataset: 'synthetic', limit: 200, testLimit: 20, hidden: [8], epochs: 50 },
    grid: { norm: ['none', 'batch'], seed: [1, 2] },
  }),
);

describe('sweep', () => {
  it('--dry-run counts the runs and estimates the time, and writes nothing', async () => {
    const { code, stdout } = await inProcess([
      '--json',
      'sweep',
      grid,
      '--dry-run',
      '--set',
      'lr=0.1,0.2',
      '--seeds',
      '3',
    ]);
    expect(code).toBe(0);
    const { seconds, runs } = jsonLines(stdout).at(-1) as unknown as {
      seconds: number;
      runs: { labels: object }[];
    };
    expect(seconds).toBeGreaterThan(0);
    expect(runs).toHaveLength(12);
    expect(runs[1].labels).toEqual({ norm: 'none', seed: 2, lr: 0.1 });
  });

  it('is killed, interrupted and continued, until all is done', async () => {
    const out = join(folder, 'out');
    const start = ['sweep', grid, '--out', out, '--jobs', '2', '--checkpoint-every', '50'];
    const killed = await normgrad(start, {
      onOutput: ({ stderr }, child) => stderr.includes('val_acc') && child.kill('SIGKILL'),
    });
    expect(killed.code).toBe(null);

    const interrupted = await inProcess(['sweep', out, '--jobs', '2', '--set', 'lr=1']);
    expect(interrupted.code).toBe(2);
    expect(interrupted.stderr).toContain('a sweep that continues keeps its runs');
    let signalled = false;
    const stopped = await normgrad(start, {
      onOutput({ stderr }, child) {
        if (!signalled && stderr.includes('runs, 2 at a time')) signalled = child.kill('SIGINT');
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toContain(`continue: normgrad sweep ${out}`);

    const status = await inProcess(['--json', 'sweep', 'status', out]);
    const counts = jsonLines(status.stdout)[0] as unknown as { done: number; missing: number };
    expect(counts.done).toBeGreaterThan(0);
    expect(counts.done + counts.missing).toBe(4);

    const rest = await normgrad(['sweep', out, '--jobs', '2']);
    expect(rest.code).toBe(0);
    expect(rest.stdout).toBe('4 runs: 4 done\n');
    expect(rest.stderr.match(/val_acc/g)).toHaveLength(counts.missing);
    expect(loadSweep(out).every(({ result }) => result?.epochs === 50)).toBe(true);
  });

  it('of an experiment: its config.json alone gives the same weights again', async () => {
    const out = join(folder, 'experiment');
    const args = ['sweep', 'small-batch-conv', '--smoke', '--seed', '3', '--set', 'norm=batch'];
    const { code } = await normgrad([...args, '--set', 'batchSize=32', '--set', 'lr=0.1', '--out', out]);
    expect(code).toBe(0);
    const [run] = loadSweep(out);
    const config = readConfig(run.folder);
    expect(config.halve).toBe(true);
    expect((await runTraining(config)).digest).toBe(run.result!.digest);
  });

  it('exits with 1 when a run diverges', async () => {
    const args = [
      'sweep',
      grid,
      '--out',
      join(folder, 'diverged'),
      '--set',
      'norm=none',
      '--set',
      'optimizer=sgd',
    ];
    const { code, stdout } = await normgrad([...args, '--set', 'lr=1e6', '--seed', '1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/diverged +│ loss (NaN|Infinity) at step \d+/);
    expect(stdout).toContain('1 run: 1 diverged\n');
  });

  it('says which runs learned nothing', async () => {
    const axes = ['--set', 'norm=none', '--set', 'testLimit=200', '--set', 'lr=1e-9,0.01', '--seed', '1'];
    const out = join(folder, 'guesses');
    const { code, stdout, stderr } = await normgrad(['sweep', grid, '--out', out, ...axes]);
    expect(code).toBe(0);
    expect(stderr.match(/lr \S+ .*guesses/g)).toEqual([expect.stringMatching(/^lr 1e-9 /)]);
    const why = /norm none +seed 1 +lr 1e-9 +│ done +│ guesses: one class for all gets 0\.1\d{3} /;
    expect(stdout).toMatch(why);
    expect(stdout.match(/guesses/g)).toHaveLength(1);
    expect(stdout).toContain('2 runs: 2 done\n');
    expect((await inProcess(['sweep', 'status', out])).stdout).toContain(stdout.match(why)![0]);
    const page = readFileSync((await inProcess(['report', out])).stdout.trim(), 'utf8');
    expect(page.match(/done<\/span> guesses: one class for all gets/g)).toHaveLength(1);
  });

  it('says what it takes', async () => {
    const unknown = await inProcess(['sweep', 'small-batch-mpl']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('did you mean "small-batch-mlp"?');
    const setting = await inProcess(['sweep', grid, '--set', 'norms=batch']);
    expect(setting.stderr).toContain('unknown setting "norms" (did you mean "norm"?)');
    const nothing = await inProcess(['sweep', folder]);
    expect(nothing.code).toBe(3);
    expect(nothing.stderr).toContain('it has no sweep.json');
  });
});
