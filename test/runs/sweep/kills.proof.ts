import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom } from '../../../src/random.ts';
import { loadSweep } from '../../../src/runs/sweep/sweep.ts';
import { packageFolder } from '../../package.ts';
import { childrenOf } from './children.ts';
import { essence } from './essence.ts';

/**
 * SIGKILL, hundreds of times, for workers and for whole commands of sweeps with three workers, at random moments: no run may
 * be lost, trained twice or come out differently, nothing may hang, and nobody may end without a word.
 */
const folder = mkdtempSync(join(tmpdir(), 'normgrad-kills-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KILLS = 300;
/** Per folder; then the sweep may end. */
const KILLS_EACH = 50;
const PATIENCE_MS = 120_000;
const grid = join(folder, 'grid.json');

beforeAll(() => {
  const base = { dataset: 'synthetic', limit: 200, testLimit: 20, hidden: [8], epochs: 10 };
  const axes = { norm: ['none', 'batch', 'layer'], seed: [1, 2, 3, 4, 5, 6, 7, 8] };
  writeFileSync(grid, JSON.stringify({ base, grid: axes }));
});

interface Command {
  child: ChildProcess;
  /** Runs that began or ended so far. */
  events: number;
  failed: number;
  ended?: Promise<void>;
  isOver: boolean;
}

function startSweep(out: string, problems: string[], orphans: Set<number>): Command {
  const args = ['--json', 'sweep', grid, '--out', out, '--jobs', '3', '--checkpoint-every', '5'];
  const child = spawn(process.execPath, [join(packageFolder, 'normgrad'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const command: Command = { child, events: 0, failed: 0, isOver: false };
  createInterface(child.stdout).on('line', (line) => {
    const { type, message } = JSON.parse(line.endsWith('}') ? line : '{}');
    if (type === 'run' || type === 'run-start') command.events++;
    if (type === 'failed') command.failed++;
    if (type === 'error') problems.push(`error: ${message}`);
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  command.ended = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      command.isOver = true;
      const isRight = signal === 'SIGKILL' || code === 0 || (code === 1 && command.failed > 0);
      if (!isRight || stderr !== '') problems.push(`ended with ${code ?? signal}: ${stderr}`);
      resolve();
    });
  });
  orphans.add(child.pid!);
  return command;
}

/** false if it is gone already. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

it.skipIf(process.platform !== 'linux')(
  `${KILLS} kills leave every run as an undisturbed sweep has it`,
  {
    timeout: 3_600_000,
  },
  async () => {
    const problems: string[] = [];
    const pids = new Set<number>();
    const undisturbed = join(folder, 'undisturbed');
    await startSweep(undisturbed, problems, pids).ended;
    expect(problems).toEqual([]);
    const expected = loadSweep(undisturbed).map(essence);
    expect(expected.every(({ status }) => status === 'done')).toBe(true);

    const random = createRandom('kills');
    const counts = { workers: 0, commands: 0, failed: 0, sweeps: 0 };
    while (counts.workers + counts.commands < KILLS) {
      const out = join(folder, `sweep-${counts.sweeps++}`);
      const results = new Map<string, string>();
      const lookAtResults = () => {
        if (!existsSync(join(out, 'sweep.json'))) return;
        for (const { id, folder: path } of loadSweep(out)) {
          const file = statSync(join(path, 'result.json'), { bigint: true, throwIfNoEntry: false });
          const written = file && `${file.ino} ${file.mtimeNs}`;
          if (written === undefined && !results.has(id)) continue;
          if ((results.get(id) ?? written) !== written) problems.push(`${id} was finished twice`);
          results.set(id, String(written));
        }
      };
      // In every third folder two commands work at once.
      const commands = Array.from({ length: counts.sweeps % 3 === 0 ? 2 : 1 }, () =>
        startSweep(out, problems, pids),
      );
      let kills = 0;
      const isDone = () => results.size === expected.length;
      for (let last = performance.now(); !isDone() || commands.some(({ isOver }) => !isOver); ) {
        const i = random.integer(commands.length);
        if (commands[i].isOver) {
          counts.failed += commands[i].failed;
          lookAtResults();
          if (!isDone()) commands[i] = startSweep(out, problems, pids);
          else if (commands.every(({ isOver }) => isOver)) break;
        }
        const { child, events } = commands[i];
        // Mostly once a run began or ended, to let the sweep get on; now and then at any time.
        const isSoon = random.uniform() < 0.15;
        while (!isSoon && commands[i].events === events && !commands[i].isOver) {
          if (performance.now() - last > PATIENCE_MS) throw new Error(`${out}: nothing happens any more`);
          await setTimeout(5);
        }
        await setTimeout(150 * random.uniform());
        last = performance.now();
        lookAtResults();
        if (kills >= KILLS_EACH || commands[i].isOver) continue;
        const workers = childrenOf(child.pid!);
        for (const worker of workers) pids.add(worker);
        const isWorker = random.uniform() < 0.85 && workers.length > 0;
        const victim = isWorker ? workers[random.integer(workers.length)] : child.pid!;
        if (!kill(victim)) continue;
        kills++;
        counts[isWorker ? 'workers' : 'commands']++;
        if (!isWorker) await commands[i].ended;
      }
      // Workers of killed commands stop by themselves.
      for (const since = performance.now(); [...pids].some((pid) => existsSync(`/proc/${pid}`)); ) {
        if (performance.now() - since > PATIENCE_MS) throw new Error('a worker outlives its sweep');
        await setTimeout(20);
      }
      lookAtResults();
      expect(problems).toEqual([]);
      expect(loadSweep(out).map(essence)).toEqual(expected);
      // What a worker leaves that is killed right after its result: the lock of a dead process, and a checkpoint nobody needs.
      const files = ['config.json', 'last.safetensors', 'lock', 'metrics.jsonl', 'result.json', 'run.json'];
      for (const { id } of expected)
        expect(files).toEqual(expect.arrayContaining(readdirSync(join(out, id))));
      console.log(
        `${counts.sweeps} sweeps of ${expected.length} runs, killed: ${counts.workers} workers, ${counts.commands} commands; ` +
          `${counts.failed} times a run died too often, and was trained by the next command`,
      );
    }
  },
);
