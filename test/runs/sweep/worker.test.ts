import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { thisProcess } from '../../../src/runs/lock/owner.ts';
import { readRun } from '../../../src/runs/record.ts';
import { type WorkerEvent, type WorkerOptions, workThrough } from '../../../src/runs/sweep/worker.ts';
import { resolveConfig, type TrainOptions } from '../../../src/train/config.ts';
import { deadPid, putLock } from '../lock/foreign.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-worker-'));
afterAll(() => rmSync(parent, { recursive: true }));
afterEach(() => vi.useRealTimers());

const tiny: TrainOptions = { dataset: 'synthetic', limit: 40, testLimit: 20, hidden: [8], epochs: 1 };

/** Works through one run, `a`, and tells what happened. */
async function work(
  folder: string,
  options: TrainOptions,
  failedBefore: WorkerOptions['failedBefore'] = {},
  more: Pick<WorkerOptions, 'wait'> = {},
) {
  const events: WorkerEvent[] = [];
  const controller = new AbortController();
  const runs = [{ id: 'a', labels: {}, config: resolveConfig({ ...tiny, ...options }) }];
  const onEvent = (event: WorkerEvent) => {
    if (event.type !== 'step' && event.type !== 'at') events.push(event);
    if (events.length > 5) controller.abort();
  };
  await workThrough(folder, { runs, failedBefore, ...more }, { signal: controller.signal, onEvent });
  return events.map(({ type }) => type);
}

it('tries a run that fails once, also where the clock is set back', async () => {
  const folder = join(parent, 'clock');
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01') });
  const failing = { norm: 'group', groups: 3 };
  expect(await work(folder, failing)).toEqual(['failed']);
  const { attempt } = readRun(join(folder, 'a'))!;
  vi.setSystemTime(new Date('2025-01-01'));
  expect(await work(folder, failing)).toEqual([]);
  expect(await work(folder, failing, { a: attempt })).toEqual(['failed']);
});

it('gives up a run that killed the workers of any process three times, until it is asked for again', async () => {
  const folder = join(parent, 'killer');
  const path = join(folder, 'a');
  mkdirSync(path, { recursive: true });
  writeFileSync(
    join(path, 'run.json'),
    JSON.stringify({
      ...{ status: 'running', deaths: 2, resumed: [], ended: null, error: null, git: null, pid: 1 },
      ...{ attempt: '', command: '', started: '', host: '', node: '', platform: '', normgrad: '' },
    }),
  );
  putLock(path, { ...thisProcess(), pid: await deadPid() });
  expect(await work(folder, {})).toEqual(['failed']);
  const { status, error, attempt } = readRun(path)!;
  expect(status).toBe('failed');
  expect(error).toMatch(/^its process died 3 times: \d+@\S+ left without a word$/);
  expect(await work(folder, {}, { a: attempt })).toEqual(['start', 'end']);
});

it('leaves a run to a living worker, if it is not to wait, and not to one of which nothing is seen', async () => {
  const folder = join(parent, 'others');
  const path = join(folder, 'a');
  mkdirSync(path, { recursive: true });
  const beat = putLock(path, {});
  let hasLeft = false;
  const leaving = work(folder, {}, {}, { wait: false }).finally(() => {
    hasLeft = true;
  });
  // Several looks long: the owner may be dead, and the run is then to be taken over.
  await setTimeout(1500);
  expect(hasLeft).toBe(false);
  for (let second = 1; !hasLeft; second++) {
    beat(new Date(2001, 1, 1, 0, 0, second));
    await setTimeout(100);
  }
  expect(await leaving).toEqual([]);

  const taking = work(folder, {}, {}, { wait: false });
  rmSync(join(path, 'lock'), { recursive: true });
  expect(await taking).toEqual(['start', 'end']);
});
