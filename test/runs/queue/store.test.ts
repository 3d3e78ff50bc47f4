import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockTaker } from '../../../src/runs/lock/lock.ts';
import {
  finishedText,
  progressText,
  readFinished,
  readProgress,
  readQueued,
} from '../../../src/runs/queue/job.ts';
import { runStore } from '../../../src/runs/queue/store.ts';
import { loadSweep, writePlan } from '../../../src/runs/sweep/sweep.ts';
import { essence } from '../sweep/essence.ts';
import { tinyPlan, trainOne } from '../sweep/tinySweep.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-store-'));
afterAll(() => rmSync(parent, { recursive: true }));
const plan = tinyPlan(3);
const [run, second] = plan.runs;
const worker = join(parent, 'worker');
let text = '';

beforeAll(async () => {
  await writePlan(worker, plan);
  for (const each of [run, second]) await trainOne(worker, each);
  text = finishedText(join(worker, run.id));
});

/** The folder of a sweep, with nothing in it. */
async function emptySweep(name: string) {
  const folder = join(parent, name);
  await writePlan(folder, plan);
  return { folder, store: runStore(folder, []) };
}

const returned = (value: unknown, ...signatures: string[]) => ({ value, failure: undefined, signatures });
const signed = (digest: string, host: string) => JSON.stringify({ digest, by: `1@${host}` });

describe('what comes back from a worker', () => {
  it('is the run whole, as the worker has it', async () => {
    const { folder, store } = await emptySweep('whole');
    const { digest } = loadSweep(worker)[0].result!;
    const stored = store(run, returned(text, signed(digest, 'a'), signed(digest, 'b')));
    expect(stored).toEqual({
      result: expect.objectContaining({ status: 'done', digest }),
      conflict: undefined,
    });
    expect(essence(loadSweep(folder)[0])).toEqual(essence(loadSweep(worker)[0]));
    const file = join(folder, run.id, 'result.json');
    const before = readFileSync(file, 'utf8');
    expect(store(run, returned(text))?.conflict).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('with another digest than before is a conflict, and the first one stays', async () => {
    const { folder, store } = await emptySweep('conflict');
    store(run, returned(text));
    const before = readFileSync(join(folder, run.id, 'result.json'), 'utf8');
    const { digest } = loadSweep(worker)[0].result!;
    const stored = store(run, returned(text.replace(digest, '0123456789abcdef')));
    expect(stored?.result?.digest).toBe(digest);
    expect(stored?.conflict).toContain(`has two results: digest ${digest} (${process.pid}@`);
    expect(stored?.conflict).toContain(' and 0123456789abcdef (');
    expect(readFileSync(join(folder, run.id, 'result.json'), 'utf8')).toBe(before);
  });

  it('of two workers with two digests is a conflict, also if only one result came', async () => {
    const { store } = await emptySweep('signatures');
    const { digest } = loadSweep(worker)[0].result!;
    const stored = store(
      run,
      returned(text, signed('0123456789abcdef', 'elsewhere'), signed(digest, 'here')),
    );
    expect(stored?.result?.digest).toBe(digest);
    expect(stored?.conflict).toContain('0123456789abcdef (1@elsewhere)');
  });

  it('of other data has failed', async () => {
    const { folder, store } = await emptySweep('data');
    store(run, returned(text));
    const other = finishedText(join(worker, second.id)).replace(/"data":"\w+"/, '"data":"fedcba9876543210"');
    const stored = store(second, returned(other));
    expect(stored?.failure).toContain('was trained with other data than');
    expect(loadSweep(folder).map(({ status }) => status)).toEqual(['done', 'failed', 'missing']);
    expect(loadSweep(folder)[1].error).toContain('fedcba9876543210');
  });

  it('is a failure with its reason; one after a result changes nothing', async () => {
    const { folder, store } = await emptySweep('failure');
    const failed = { value: null, failure: 'it does not converge', signatures: [] };
    expect(store(run, failed)).toEqual({ failure: 'it does not converge' });
    expect(loadSweep(folder)[0]).toMatchObject({ status: 'failed', error: 'it does not converge' });
    store(run, returned(text));
    expect(store(run, failed)?.failure).toBeUndefined();
    expect(loadSweep(folder)[0].status).toBe('done');
  });

  it('waits while another process is at work in the folder', async () => {
    const { folder, store } = await emptySweep('busy');
    const path = join(folder, run.id);
    store(run, { value: null, failure: 'once', signatures: [] });
    const lock = lockTaker()(path)!;
    expect(store(run, returned(text))).toBeUndefined();
    lock.release();
    expect(store(run, returned(text))?.result).toBeDefined();
  });
});

describe('what others may have written into Redis', () => {
  it.each([
    ['no JSON', 'x', /is not JSON/],
    ['nothing', null, /must be an object/],
    ['another object', '{"run": 1}', /run must be an object|run .*got 1/],
  ])('is refused with the run’s name: %s', (_, value, message) => {
    expect(() => readFinished(value, 'batch-s1')).toThrow(message);
    expect(() => readFinished(value, 'batch-s1')).toThrow(/^the result of batch-s1/);
  });

  it('names no folder outside, and has no setting that is none', () => {
    const job = { id: run.id, config: run.config, argv: [], normgrad: '0.1.0' };
    expect(readQueued(job, run.id)).toEqual(job);
    expect(() => readQueued({ ...job, id: '../x' }, 'x')).toThrow('id must be a plain name');
    expect(() => readQueued({ ...job, config: { norm: 7 } }, 'x')).toThrow(/^job x of the queue: config/);
  });

  it('has metrics that can be unpacked', () => {
    const torn = JSON.stringify({ ...JSON.parse(text), metrics: 'AAAA' });
    expect(() => readFinished(torn, 'batch-s1')).toThrow(
      'the result of batch-s1: its metrics cannot be unpacked',
    );
  });

  it('keeps numbers that JSON has not', () => {
    const progress = { begun: 3, step: 4, steps: 10, loss: Number.NaN };
    expect(readProgress(progressText(progress), 'x')).toEqual(progress);
    expect(readProgress(0, 'x')).toBeUndefined();
  });
});
