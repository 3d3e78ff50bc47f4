import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { loadSweep } from '../../../src/runs/sweep/sweep.ts';
import { packageFolder } from '../../package.ts';
import { essence } from '../sweep/essence.ts';
import { watchResults } from '../sweep/watchResults.ts';
import { freePort, noRedis, startRedis } from './redis.ts';

/**
 * A sweep through a real Redis with two workers that share no folder; one worker is killed with a run half done, then Redis,
 * which starts again from its append-only file. Every run is done, none twice, and all are bit by bit those of one machine.
 */
const folder = mkdtempSync(join(tmpdir(), 'normgrad-queue-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const LOST_SECONDS = 15;
const base = { dataset: 'synthetic', limit: 200, testLimit: 20, hidden: [8], epochs: 12 };
const grid = { norm: ['none', 'batch', 'layer'], seed: Array.from({ length: 20 }, (_, i) => i + 1) };

type Event = { type: string; id?: string; reused?: boolean; message?: string; steps?: number };

/** A command of the package, with its events so far. */
function command(...args: string[]) {
  const child = spawn(process.execPath, [join(packageFolder, 'normgrad'), '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const events: Event[] = [];
  createInterface(child.stdout).on('line', (line) => events.push(JSON.parse(line)));
  const code = new Promise<number | string | null>((resolve) => {
    child.on('close', (exit, signal) => resolve(exit ?? signal));
  });
  const count = (type: string) => events.filter((event) => event.type === type).length;
  return { child, events, code, count };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(10);
}

it.skipIf(noRedis !== undefined)(
  `60 runs by two workers: one worker and Redis are killed, and nothing is lost, done twice or different${noRedis ? ` (skipped: ${noRedis})` : ''}`,
  { timeout: 900_000 },
  async () => {
    const file = join(folder, 'grid.json');
    writeFileSync(file, JSON.stringify({ base, grid }));
    const alone = join(folder, 'alone');
    expect(await command('sweep', file, '--out', alone, '--jobs', '2').code).toBe(0);
    const expected = loadSweep(alone).map(essence);
    expect(expected).toHaveLength(60);

    const port = await freePort();
    let redis = await startRedis(folder, port);
    const queued = join(folder, 'queued');
    const flags = ['--redis', redis.url, '--queue', 'proof'];
    const startWorker = (name: string) =>
      command(
        'worker',
        ...flags,
        '--jobs',
        '1',
        '--out',
        join(folder, name),
        '--lost-after',
        `${LOST_SECONDS}`,
      );
    const sweep = command('sweep', 'queue', file, ...flags, '--out', queued, '--checkpoint-every', '10');
    const workers = [startWorker('first'), startWorker('second')];

    const watched = watchResults(expected.map(({ id }) => join(queued, id)));

    const [victim] = workers;
    await until(() => victim.count('run') >= 8 && victim.count('run-start') > victim.count('run'));
    victim.child.kill('SIGKILL');
    expect(await victim.code).toBe('SIGKILL');
    const third = startWorker('third');
    workers.push(third);

    await until(() => third.count('run') >= 5 && third.count('run-start') > third.count('run'));
    redis.child.kill('SIGKILL');
    await redis.gone;
    await setTimeout(1_000);
    redis = await startRedis(folder, port);

    expect(await sweep.code).toBe(0);
    const { written, rewritten } = watched();
    for (const { child } of workers.slice(1)) child.kill('SIGTERM');
    expect(await Promise.all(workers.slice(1).map(({ code }) => code))).toEqual([143, 143]);
    redis.child.kill('SIGTERM');
    await redis.gone;

    const all = loadSweep(queued);
    expect(all.map(essence)).toEqual(expected);
    expect(new Set(all.map(({ result }) => result!.digest)).size).toBe(60);
    expect(rewritten).toEqual([]);
    expect(written).toBe(60);
    expect(sweep.events.filter(({ type, reused }) => type === 'run' && !reused)).toHaveLength(60);
    const trained = workers.flatMap(({ events }) => events.filter(({ type }) => type === 'run'));
    const begun = workers.flatMap(({ events }) => events.filter(({ type }) => type === 'run-start'));
    const warnings = [sweep, ...workers].flatMap(({ events }) =>
      events.filter(({ type }) => type === 'warning'),
    );
    console.log(
      `60 of 60 done; begun ${begun.length} times, trained to the end ${trained.length} times ` +
        `(${workers.map(({ events }) => events.filter(({ type }) => type === 'run').length).join(' + ')})`,
      [...new Set(warnings.map(({ message }) => message))],
    );
    // The run that was lost with its worker was begun once more.
    expect(begun.length).toBeGreaterThan(60);
  },
);

it.skipIf(noRedis !== undefined)(
  `a run of a lost worker goes on from its checkpoint where workers share a folder${noRedis ? ` (skipped: ${noRedis})` : ''}`,
  { timeout: 600_000 },
  async () => {
    const file = join(folder, 'long.json');
    writeFileSync(file, JSON.stringify({ base: { ...base, epochs: 1_500 }, grid: { seed: [1] } }));
    const alone = join(folder, 'long-alone');
    expect(await command('sweep', file, '--out', alone).code).toBe(0);
    const redis = await startRedis(mkdtempSync(join(folder, 'redis-')), await freePort());
    const flags = ['--redis', redis.url];
    const queued = join(folder, 'long-queued');
    const shared = join(folder, 'shared');
    const sweep = command('sweep', 'queue', file, ...flags, '--out', queued, '--checkpoint-every', '50');
    const startWorker = () =>
      command('worker', ...flags, '--jobs', '1', '--out', shared, '--lost-after', '3');
    const victim = startWorker();
    await until(() => existsSync(join(queued, 'sweep.json')));
    const [{ id }] = loadSweep(queued);
    await until(() => existsSync(join(shared, id, 'last.safetensors')));
    victim.child.kill('SIGKILL');
    expect(await victim.code).toBe('SIGKILL');
    const heir = startWorker();
    expect(await sweep.code).toBe(0);
    heir.child.kill('SIGTERM');
    expect(await heir.code).toBe(143);
    redis.child.kill('SIGTERM');
    await redis.gone;
    const [begun] = heir.events.filter(({ type }) => type === 'run-start');
    console.log(`went on after step ${begun.steps} of 6000`);
    expect(begun.steps).toBeGreaterThan(0);
    expect(loadSweep(queued).map(essence)).toEqual(loadSweep(alone).map(essence));
  },
);
