import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/random.ts';
import { runName } from '../../../src/runs/name.ts';
import { retryFailed } from '../../../src/runs/sweep/retry.ts';
import type { SweepEvent } from '../../../src/runs/sweep/run.ts';
import { loadSweep, ofShard, type SweepPlan, writePlan } from '../../../src/runs/sweep/sweep.ts';
import { resolveConfig, type TrainOptions } from '../../../src/train/config.ts';
import { compiled } from '../../package.ts';
import { essence } from './essence.ts';

const { runSweep } = await compiled();

const parent = mkdtempSync(join(tmpdir(), 'normgrad-sweep-'));
afterAll(() => rmSync(parent, { recursive: true }));

const tiny: TrainOptions = { dataset: 'synthetic', limit: 200, testLimit: 20, hidden: [8], epochs: 12 };

function planOf(variants: TrainOptions[]): SweepPlan {
  return {
    name: 'test',
    runs: variants.map((options) => {
      const config = { ...tiny, ...options };
      const { norm = '', batchSize = 0, seed = 0 } = options;
      return { id: runName(resolveConfig(config)), labels: { norm, batchSize, seed }, config };
    }),
  };
}

describe('a sweep of 12 runs with three workers', () => {
  it('survives a killed worker, a stop and a power cut: all done, none twice, the same bits', async () => {
    const plan = planOf(
      ['none', 'batch', 'layer'].flatMap((norm) =>
        [10, 20].flatMap((batchSize) => [1, 2].map((seed) => ({ norm, batchSize, seed }))),
      ),
    );
    const undisturbed = await runSweep(plan, { folder: join(parent, 'undisturbed'), jobs: 3 });
    expect(undisturbed.map(({ status }) => status)).toEqual(Array(12).fill('done'));

    const folder = join(parent, 'disturbed');
    const random = createRandom(Date.now());
    const delay = Math.round(30 * random.uniform());
    const ends: string[] = [];
    const crashes: string[] = [];
    const controller = new AbortController();
    const onEvent = (event: SweepEvent) => {
      if (event.type === 'end') ends.push(event.id);
      if (event.type === 'crash') crashes.push(event.id);
      if (event.type === 'end' && ends.length === 3) setTimeout(delay).then(() => killOne(folder));
      if (event.type === 'end' && ends.length === 6) setTimeout(delay).then(() => controller.abort());
    };
    const stopped = await runSweep(plan, {
      folder,
      jobs: 3,
      checkpointEvery: 5,
      signal: controller.signal,
      onEvent,
    });
    expect(crashes.length, `killed after ${delay} ms`).toBeLessThanOrEqual(1);
    const finished = stopped.filter(({ status }) => status === 'done');
    const begun = stopped.filter(({ folder: path }) => existsSync(join(path, 'last.safetensors')));
    expect(finished.length).toBeGreaterThanOrEqual(6);
    expect(finished.length).toBeLessThan(12);

    // What a power cut leaves: a file that is shorter than it was, a line that was not written to its end.
    const cuts = [
      (path: string) => truncateSync(join(path, 'last.safetensors'), 1000),
      (path: string) => appendFileSync(join(path, 'metrics.jsonl'), '{"t":"step","st'),
      (path: string) => truncateSync(join(path, 'metrics.jsonl'), 200),
    ];
    for (const [i, { folder: path }] of begun.entries()) cuts[i % cuts.length](path);

    const times = finished.map(({ folder: path }) => statSync(join(path, 'result.json')).mtimeMs);
    const all = await runSweep(plan, { folder, jobs: 3, onEvent });
    expect(all.map(essence)).toEqual(undisturbed.map(essence));
    expect([...ends].sort()).toEqual(plan.runs.map(({ id }) => id).sort());
    expect(finished.map(({ folder: path }) => statSync(join(path, 'result.json')).mtimeMs)).toEqual(times);

    const before = ends.length;
    await runSweep(plan, { folder, jobs: 3, onEvent });
    expect(ends).toHaveLength(before);
  });
});

describe('a sweep', () => {
  it('goes on past runs that diverge or fail, and marks them', async () => {
    const plan = planOf([
      { norm: 'none', optimizer: 'sgd', lr: 1e6 },
      { norm: 'group', groups: 3 },
      { norm: 'layer' },
    ]);
    const folder = join(parent, 'bad');
    const events: SweepEvent[] = [];
    const runs = await runSweep(plan, { folder, jobs: 1, onEvent: (event) => events.push(event) });
    expect(runs.map(({ status }) => status)).toEqual(['diverged', 'failed', 'done']);
    expect(runs[0].result!.diverged!.loss).not.toBe(0);
    expect(runs[1].error).toContain('GroupNorm(groups=3');
    const types = events.map(({ type }) => type).filter((type) => type !== 'step');
    expect(types).toEqual(['start', 'end', 'failed', 'start', 'end']);
    // What failed may have been the machine's fault: the next call tries it again, and nothing else.
    events.length = 0;
    await runSweep(plan, { folder, jobs: 1, onEvent: (event) => events.push(event) });
    expect(events.map(({ type }) => type)).toEqual(['reused', 'reused', 'failed']);
    // One worker of many may start at any time, and is no reason to try it again; somebody has to say so.
    const asOneOfMany = async () => {
      events.length = 0;
      await runSweep(plan, { folder, jobs: 1, wait: false, onEvent: (event) => events.push(event) });
      return events.map(({ type }) => type);
    };
    expect(await asOneOfMany()).toEqual(['reused', 'reused']);
    expect(retryFailed(loadSweep(folder)).map(({ id }) => id)).toEqual([runs[1].id]);
    expect(loadSweep(folder).map(({ status }) => status)).toEqual(['diverged', 'missing', 'done']);
    expect(retryFailed(loadSweep(folder))).toEqual([]);
    expect(await asOneOfMany()).toEqual(['reused', 'reused', 'failed']);
  });

  it('ends where no run can have its data', async () => {
    const plan = planOf([{ dataset: 'mnist', dataDir: join(parent, 'nowhere') }]);
    await expect(runSweep(plan, { folder: join(parent, 'nodata'), jobs: 1 })).rejects.toMatchObject({
      name: 'DataError',
      code: 'DATA_MISSING',
    });
  });

  it('has a plan that does not change', async () => {
    const folder = join(parent, 'plan');
    const plan = planOf([{ seed: 1 }, { seed: 2 }]);
    await writePlan(folder, plan);
    const text = readFileSync(join(folder, 'sweep.json'), 'utf8');
    await writePlan(folder, plan);
    expect(readFileSync(join(folder, 'sweep.json'), 'utf8')).toBe(text);
    await expect(writePlan(folder, planOf([{ seed: 2 }, { seed: 3 }]))).rejects.toThrow(
      'another sweep (1 of these runs are not in it, 1 of its runs not in these)',
    );
    const twice = writePlan(join(parent, 'twice'), planOf([{ seed: 1 }, { seed: 1 }]));
    await expect(twice).rejects.toThrow('two runs');
    expect(loadSweep(folder).map(({ status, labels }) => [status, labels.seed])).toEqual([
      ['missing', 1],
      ['missing', 2],
    ]);
  });

  it('may grow, if its caller says so', async () => {
    const folder = join(parent, 'grown');
    await writePlan(folder, planOf([{ seed: 1 }, { seed: 2 }]));
    await writePlan(folder, planOf([{ seed: 3 }, { seed: 2 }]), { grows: true });
    expect(loadSweep(folder).map(({ labels }) => labels.seed)).toEqual([1, 2, 3]);
    // Only what was asked for is trained.
    const runs = await runSweep(planOf([{ seed: 3 }]), { folder, jobs: 1, grows: true });
    expect(runs.map(({ status, labels }) => [status, labels.seed])).toEqual([['done', 3]]);
    expect(loadSweep(folder).map(({ status }) => status)).toEqual(['missing', 'missing', 'done']);
  });

  it('is dealt out to shards without remainder', () => {
    const shards = [1, 2, 3].map((i) => ofShard([0, 1, 2, 3, 4, 5, 6], { i, n: 3 }));
    expect(shards).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
  });
});

/** SIGKILL for the process of some run that is under way; one that ends just then is passed over. */
function killOne(folder: string): void {
  for (const { status, folder: path } of loadSweep(folder)) {
    if (status !== 'running') continue;
    try {
      const [file] = readdirSync(join(path, 'lock')).filter((name) => name.startsWith('owner.'));
      process.kill(JSON.parse(readFileSync(join(path, 'lock', file), 'utf8')).pid, 'SIGKILL');
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
    }
  }
}
