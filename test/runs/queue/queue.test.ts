import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadSweep, type SweepPlan, writePlan } from '../../../src/runs/sweep/sweep.ts';
import { version } from '../../../src/runs/version.ts';
import { inProcess } from '../../cli/inProcess.ts';
import { compiled } from '../../package.ts';
import { essence } from '../sweep/essence.ts';
import { tinyPlan, trainOne } from '../sweep/tinySweep.ts';
import { freePort, noRedis, type RedisServer, startRedis } from './redis.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-queue-'));
afterAll(() => rmSync(parent, { recursive: true }));
const at = (name: string) => join(parent, name);

// First: what has been loaded once is not loaded again.
it('without the packages: says how to install them', async () => {
  vi.doMock('bullmq', () => {
    throw new Error("Cannot find package 'bullmq'");
  });
  try {
    const { connectQueue } = await import('../../../src/runs/queue/redis.ts');
    const problem = await connectQueue('redis://127.0.0.1').catch((error) => error);
    expect(problem).toMatchObject({
      name: 'QueueError',
      message: expect.stringContaining('a queue needs the packages bullmq and ioredis'),
      hint: expect.arrayContaining(['install them: npm install bullmq ioredis']),
    });
  } finally {
    vi.doUnmock('bullmq');
  }
});

describe('without a Redis', () => {
  it.each([
    ['localhost:6379', '--redis: must begin with redis:// or rediss://, got localhost:'],
    ['somewhere', '--redis: must be the URL of a Redis'],
  ])('%s is no URL of one', async (url, message) => {
    const { code, stderr } = await inProcess(['worker', '--redis', url, '--out', at('worker')]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain('like this: redis://host:6379');
  });

  it('says where it looked, without the password', async () => {
    const url = `redis://:secret@127.0.0.1:${await freePort()}`;
    const { code, stderr } = await inProcess(['worker', '--redis', url, '--out', at('worker')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot reach Redis at redis:\/\/:\*\*\*@127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    expect(stderr).not.toContain('secret');
  });

  it('is asked for', async () => {
    const { code, stderr } = await inProcess(['sweep', 'queue', 'small-batch-mlp']);
    expect(code).toBe(2);
    expect(stderr).toContain("required option '--redis <url>' not specified");
  });

  it('has no --jobs: workers have', async () => {
    const args = ['sweep', 'queue', 'small-batch-mlp', '--redis', 'redis://x', '--jobs', '2'];
    const { code, stderr } = await inProcess(args);
    expect(code).toBe(2);
    expect(stderr).toContain('--jobs: not with sweep queue');
  });
});

describe.skipIf(noRedis !== undefined)(`with a Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis(parent, await freePort());
  });
  afterAll(async () => {
    redis?.child.kill('SIGKILL');
    await redis?.gone;
  });

  /** A sweep through a queue of its own, with one worker, which is stopped at the end. */
  async function throughQueue(queue: string, plan: SweepPlan) {
    const { queueSweep, workForQueue } = await compiled();
    const stop = new AbortController();
    const place = { redis: redis.url, queue };
    const working = workForQueue({ ...place, folder: at(`${queue}-worker`), jobs: 2, signal: stop.signal });
    try {
      return await queueSweep(plan, { ...place, folder: at(queue) });
    } finally {
      stop.abort();
      await working;
    }
  }

  it('runs come back as one machine has them, and one that cannot be built has failed', async () => {
    const plan = tinyPlan(2);
    const [broken] = tinyPlan(1, { norm: 'group', groups: 3 }).runs;
    await writePlan(at('alone'), plan);
    for (const run of plan.runs) await trainOne(at('alone'), run);
    const { runs, conflicts } = await throughQueue('some', { ...plan, runs: [...plan.runs, broken] });
    expect(conflicts).toEqual([]);
    expect(runs.map(({ status }) => status)).toEqual(['done', 'done', 'failed']);
    expect(runs.slice(0, 2).map(essence)).toEqual(loadSweep(at('alone')).map(essence));
    expect(runs[2].error).toContain('groups');
  });

  it('a worker without the data leaves with that error, and the run goes back', async () => {
    const { queueSweep, cancelQueued, workForQueue } = await compiled();
    const stop = new AbortController();
    const place = { redis: redis.url, queue: 'data' };
    const plan = tinyPlan(3, { dataset: 'mnist', dataDir: at('nowhere') });
    const sweeping = queueSweep(plan, { ...place, folder: at('data'), signal: stop.signal });
    await expect(workForQueue({ ...place, folder: at('data-worker'), jobs: 1 })).rejects.toMatchObject({
      name: 'DataError',
      code: 'DATA_MISSING',
    });
    stop.abort();
    const { runs } = await sweeping;
    expect(runs.map(({ status }) => status)).toEqual(['missing', 'missing', 'missing']);
    expect(await cancelQueued(plan.runs, place)).toBe(3);
    expect(await cancelQueued(plan.runs, place)).toBe(0);
  });

  it('a job that is no run fails; one of another version ends the worker, and goes back', async () => {
    const { workForQueue } = await compiled();
    const { Queue } = await import('bullmq');
    const [{ id, config }] = tinyPlan(1).runs;
    const connection = { url: redis.url };
    const queue = new Queue('foreign', { connection });
    const place = { redis: redis.url, queue: 'foreign', folder: at('foreign'), jobs: 1, waits: false };
    await queue.add('run', { id: '../x', config, argv: [], normgrad: version }, { jobId: 'odd' });
    await workForQueue(place);
    expect(await (await queue.getJob('odd'))!.getState()).toBe('failed');
    expect((await queue.getJob('odd'))!.failedReason).toContain('id must be a plain name');
    await queue.add('run', { id, config, argv: [], normgrad: '99.0.0', later: true }, { jobId: id });
    await expect(workForQueue(place)).rejects.toThrow(`runs of normgrad 99.0.0, and this is ${version}`);
    expect(await (await queue.getJob(id))!.getState()).toBe('waiting');
    await queue.close();
  });

  it('another sweep’s run of the same name is an error, and is left alone', async () => {
    const { queueSweep } = await compiled();
    const { Queue } = await import('bullmq');
    const queue = new Queue('names', { connection: { url: redis.url } });
    const place = { redis: redis.url, queue: 'names' };
    const stop = new AbortController();
    const [run] = tinyPlan(1).runs;
    const first = queueSweep(
      { name: 'a', runs: [run] },
      { ...place, folder: at('first'), signal: stop.signal },
    );
    while ((await queue.getJob(run.id)) === undefined) await setTimeout(10);
    stop.abort();
    await first;
    const other = { name: 'b', runs: [{ ...run, config: { ...run.config, seed: 99 } }] };
    await expect(throughQueue('names', other)).rejects.toThrow('has another run of the name');
    expect((await queue.getJob(run.id))!.data.config).toMatchObject({ seed: run.config.seed });
    await queue.close();
  });
});
