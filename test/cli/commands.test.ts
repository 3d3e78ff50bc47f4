import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createRunFolder } from '../../src/runs/folder.ts';
import { lockTaker } from '../../src/runs/lock/lock.ts';
import { readConfig } from '../../src/runs/record.ts';
import { readMetrics } from '../../src/train/metrics.ts';
import { inProcess } from './inProcess.ts';
import { jsonLines, normgrad } from './normgrad.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small = ['--dataset', 'synthetic', '--limit', '200', '--test-limit', '50', '--hidden', '16'];

describe('help', () => {
  it('is short without arguments, and complete with --help', async () => {
    const short = await normgrad([]);
    expect(short.code).toBe(0);
    expect(short.stdout).toMatch(/Examples:\n( {2}normgrad .*\n){3}/);
    const full = await normgrad(['--help']);
    expect(full.code).toBe(0);
    for (const command of ['start', 'train', 'gradcheck', 'verify', 'data'])
      expect(full.stdout).toContain(command);
  });

  it('with --json is one JSON object', async () => {
    const asked = [['quiz', '--help', '--json'], ['--json'], ['--json', '--version']];
    const all = [];
    for (const args of asked) all.push(await inProcess(args));
    expect(all.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    const [quiz, whole, version] = all.map(({ stdout }) => jsonLines(stdout));
    expect(quiz).toEqual([
      expect.objectContaining({
        type: 'help',
        command: 'normgrad quiz',
        arguments: [expect.objectContaining({ name: 'norm', required: false })],
        options: expect.arrayContaining([expect.objectContaining({ flags: '--hint' })]),
        text: expect.stringMatching(/^Usage: normgrad quiz .*Examples:/s),
      }),
    ]);
    expect(whole).toHaveLength(1);
    expect(whole[0].commands).toContainEqual({ name: 'train', description: expect.any(String) });
    expect(version).toEqual([{ type: 'version', version: expect.stringMatching(/^\d+\.\d+/) }]);
  });

  it.each(['start', 'train', 'sweep', 'gradcheck', 'verify', 'data'])(
    '%s --help has examples',
    async (command) => {
      const { code, stdout } = await inProcess([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`Examples:\n  normgrad ${command}`);
    },
  );
});

describe('train', () => {
  it('says so where nothing was learned', async () => {
    const train = (out: string, ...flags: string[]) =>
      inProcess([
        'train',
        ...small,
        '--batch-size',
        '8',
        '--epochs',
        '4',
        '--out',
        join(folder, out),
        ...flags,
      ]);
    const stuck = await train('stuck', '--lr', '1e-9');
    expect(stuck.stderr).toMatch(
      /warning: nothing shows that was learned: one class for all test images would get 0\.[12]\d{3} of them right\./,
    );
    const again = await inProcess(['train', '--resume', join(folder, 'stuck')]);
    expect(again.stderr).toContain('nothing shows that was learned');
    const better = await train('better', '--lr', '0.01');
    expect(better.stderr).not.toContain('warning');
    const short = await train('short', '--lr', '1e-9', '--batch-size', '50');
    expect(short.stderr).not.toContain('warning');
  });

  it('shows a line per epoch on stderr and the result on stdout, and writes the run', async () => {
    const out = join(folder, 'train');
    const { code, stdout, stderr } = await normgrad(['train', ...small, '--epochs', '2', '--out', out]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^test accuracy 0\.\d{4} {2}loss .*\ndigest [0-9a-f]{16}\n$/);
    expect(stderr).toMatch(
      /^synthetic 200\/50 · mlp 784-16-10 · [\d,]+ params · norm batch · adam lr 0\.001 · seed 1\n/,
    );
    expect(stderr.match(/^Epoch \d\/2 {2}4\/4 .*val_acc 0\.\d{4}$/gm)).toHaveLength(2);
    expect(stderr).not.toContain('\r');
    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    expect(result).toMatchObject({
      status: 'done',
      test: { loss: expect.any(Number), accuracy: expect.any(Number) },
    });
    expect(stdout).toContain(result.digest);
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')).command).toContain(
      'train --dataset synthetic',
    );
  });

  it('--json: only JSON, the result last', async () => {
    const args = ['--json', 'train', ...small, '--epochs', '1', '--out', join(folder, 'json')];
    const { code, stdout, stderr } = await inProcess(args);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    const types = jsonLines(stdout).map(({ type }) => type);
    expect(types[0]).toBe('start');
    expect(types.at(-2)).toBe('epoch');
    expect(types.at(-1)).toBe('result');
  });

  it('exits with 1 when the run diverges', async () => {
    const args = [
      'train',
      ...small,
      '--norm',
      'none',
      '--optim',
      'sgd',
      '--lr',
      '1e6',
      '--out',
      join(folder, 'diverged'),
    ];
    const { code, stdout } = await inProcess(args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^diverged: loss (NaN|Infinity) at step \d+ \(epoch \d\)\n/);
  });

  it('--dry-run names the source of every value', async () => {
    const args = ['train', '--dry-run', '--json', '--norm', 'layer'];
    vi.stubEnv('NORMGRAD_SEED', '7');
    const { stdout } = await inProcess(args);
    vi.unstubAllEnvs();
    const [{ config, sources }] = jsonLines(stdout);
    expect(config).toMatchObject({ norm: 'layer', seed: 7, lr: 1e-3 });
    expect(sources).toMatchObject({ norm: '--norm', seed: 'NORMGRAD_SEED', lr: 'default' });
  });

  it('Ctrl-C stops after the step and leaves whole files', async () => {
    const out = join(folder, 'interrupted');
    let signalled = false;
    const { code, stdout, stderr } = await normgrad(['train', ...small, '--epochs', '1000', '--out', out], {
      onOutput(written, child) {
        if (signalled || !written.stderr.includes('Epoch 2/')) return;
        signalled = true;
        child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(stderr.match(/stopping after this step/g)).toHaveLength(1);
    expect(stdout).toContain('interrupted after');
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')).status).toBe('interrupted');
    expect(readMetrics(join(out, 'metrics.jsonl')).length).toBeGreaterThan(1);
    expect(existsSync(join(out, 'result.json'))).toBe(false);
    const [, step, resume] = stdout.match(/✓ checkpoint at step (\d+) {4}continue: normgrad (.*)\n/)!;
    expect(resume).toBe(`train --resume ${out}`);

    const lock = lockTaker()(out)!;
    const locked = await normgrad(resume.split(' '));
    expect(locked.code).toBe(3);
    expect(locked.stderr).toContain(`another process is at work in ${out}: ${process.pid}@${hostname()}`);
    lock.release();
    const refused = await inProcess([...resume.split(' '), '--lr', '1']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--lr: not with --resume');
    signalled = false;
    const resumed = await normgrad([...resume.split(' ')], {
      env: { NORMGRAD_SEED: '7' },
      onOutput(written, child) {
        // Once: a signal that comes when the command is about to end would end it at once.
        if (signalled || !written.stderr.includes('Epoch')) return;
        signalled = child.kill('SIGHUP');
      },
    });
    expect(resumed.code).toBe(129);
    expect(resumed.stderr).toContain(`continuing after step ${Number(step).toLocaleString('en-US')}\n`);
    expect(resumed.stdout).toContain('✓ checkpoint at step');
  });

  it('--resume of a finished run shows its result again', async () => {
    const out = join(folder, 'finished');
    const first = await inProcess(['train', ...small, '--epochs', '1', '--out', out]);
    const again = await inProcess(['train', '--resume', out]);
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(first.stdout);
    const nothing = await inProcess(['train', '--resume', folder]);
    expect(nothing.code).toBe(3);
    expect(nothing.stderr).toContain('is no run folder');
  });

  it('stops quietly when its reader has enough, as with | head', async () => {
    const out = join(folder, 'head');
    const args = ['--json', 'train', ...small, '--epochs', '1000', '--out', out];
    const { code, stderr } = await normgrad(args, { onOutput: (_, child) => child.stdout?.destroy() });
    expect(stderr).toBe('');
    // The run is not finished: it was stopped like any other.
    expect(code).toBe(141);
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')).status).toBe('interrupted');
    expect(existsSync(join(out, 'last.safetensors'))).toBe(true);
    const finished = await normgrad(['explain', '--list'], {
      onOutput: (_, child) => child.stdout?.destroy(),
    });
    expect(finished).toMatchObject({ code: 0, stderr: '' });
  });

  it('that stood still until another process took its run writes nothing more, and says so', async () => {
    const out = join(folder, 'stopped');
    let written: string[] | undefined;
    const files = () =>
      readdirSync(out).map((name) => (name === 'lock' ? name : readFileSync(join(out, name), 'utf8')));
    const { code, stderr } = await normgrad(['train', ...small, '--epochs', '100000', '--out', out], {
      async onOutput(_, child) {
        if (written || !existsSync(join(out, 'metrics.jsonl'))) return;
        child.kill('SIGSTOP');
        written = [];
        const take = lockTaker({ staleMs: 50 });
        let lock = take(out);
        for (; lock === undefined; lock = take(out)) await setTimeout(20);
        createRunFolder(out, readConfig(out), lock);
        written = files();
        child.kill('SIGCONT');
      },
    });
    expect(stderr).toMatch(/error: \d+@\S+ has taken over .*: this process, \d+, stood still/);
    expect(code).toBe(3);
    expect(files()).toEqual(written);
  });

  it('ends when the process that launched it is killed, and says so in the run', async () => {
    const out = join(folder, 'launched');
    const cli = join(import.meta.dirname, '../../scripts/cli.mjs');
    const launcher = spawn(process.execPath, [cli, 'train', ...small, '--epochs', '100000', '--out', out]);
    while (!existsSync(join(out, 'metrics.jsonl'))) await setTimeout(20);
    launcher.kill('SIGKILL');
    while (existsSync(join(out, 'lock'))) await setTimeout(20);
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')).status).toBe('interrupted');
    expect(existsSync(join(out, 'last.safetensors'))).toBe(true);
  });
});

describe('other commands', () => {
  it('gradcheck passes, and fails where differences know more than the tolerance allows', async () => {
    const passed = await inProcess(['gradcheck', 'layer', '--shape', '2,3']);
    expect(passed.code).toBe(0);
    expect(passed.stdout).toContain('all 6 checks passed');
    const failed = await inProcess(['gradcheck', 'layer', '--shape', '2,3', '--tol', '1e-30', '--json']);
    expect(failed.code).toBe(1);
    // The differences of dgamma and dx are less exact than that themselves.
    expect(jsonLines(failed.stdout).at(-1)).toMatchObject({ type: 'result', passed: 4, failed: 2 });
  });

  it('data path prints the folder of a dataset', async () => {
    const { code, stdout } = await inProcess(['data', 'path', 'cifar10', '--data-dir', folder]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${join(folder, 'cifar-10-batches-bin')}\n`);
  });
});
