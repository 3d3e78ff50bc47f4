import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { guarded, makeFolder } from '../../src/runs/files.ts';
import { createRunFolder, defaultOut, recordDeath } from '../../src/runs/folder.ts';
import { type Lock, LostLock, lockTaker } from '../../src/runs/lock/lock.ts';
import { readResult, readRun } from '../../src/runs/record.ts';
import { resolveConfig } from '../../src/train/config.ts';
import { type MetricsLine, readMetrics } from '../../src/train/metrics.ts';
import type { TrainResult } from '../../src/train/result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = resolveConfig({ dataset: 'synthetic' });
const line: MetricsLine = { t: 'step', step: 1, epoch: 1, train: { loss: 2, accuracy: 0.1 }, lr: 0.1, ms: 3 };
const result: TrainResult = {
  status: 'done',
  test: { loss: 1, accuracy: 0.5 },
  train: { loss: 1, accuracy: 0.5 },
  best: { loss: 1, accuracy: 0.5, epoch: 1 },
  diverged: null,
  epochs: 1,
  steps: 1,
  digest: '0123456789abcdef',
  parameters: 10,
  seconds: 1,
};
const status = (path: string) => JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')).status;

const locks: Lock[] = [];
/** A run folder of a process that has not died yet, or, if there was one before, of its successor. */
function begin(path = folder, run = config) {
  locks.pop()?.release();
  makeFolder(path);
  locks.push(lockTaker()(path)!);
  return createRunFolder(path, run, locks[0]);
}
afterEach(() => locks.pop()?.release());

describe('createRunFolder', () => {
  it('has a result exactly when the run is finished', () => {
    const run = begin(join(folder, 'a', 'b'));
    expect(status(run.path)).toBe('running');
    expect(readResult(run.path)).toBeUndefined();
    run.append(line);
    run.finish(result);
    expect(status(run.path)).toBe('done');
    expect(readResult(run.path)).toEqual(result);
    expect(readMetrics(join(run.path, 'metrics.jsonl'))).toEqual([line]);
    locks.pop()!.release();
    expect(readdirSync(run.path).sort()).toEqual(['config.json', 'metrics.jsonl', 'result.json', 'run.json']);
  });

  it('has no result after an interruption or an error', () => {
    const run = begin();
    run.finish({ ...result, status: 'interrupted' });
    expect(status(folder)).toBe('interrupted');
    expect(readResult(folder)).toBeUndefined();
    run.fail(new Error('broken'));
    expect(status(folder)).toBe('failed');
  });

  it('was interrupted if its process died without a word', () => {
    begin();
    expect(readRun(folder)!.status).toBe('running');
    locks.pop()!.release();
    expect(readRun(folder)!.status).toBe('interrupted');
  });

  it('keeps numbers that JSON has no words for', () => {
    const run = begin();
    const diverged = { step: 3, epoch: 1, loss: Number.NaN };
    run.finish({ ...result, status: 'diverged', test: null, diverged });
    expect(readResult(folder)).toMatchObject({ status: 'diverged', diverged });
  });

  it('replaces an earlier run of the same configuration', () => {
    begin().finish(result);
    begin();
    expect(readResult(folder)).toBeUndefined();
  });

  it('leaves a run of another configuration alone', () => {
    begin().finish(result);
    expect(() => begin(folder, { ...config, lr: 7 })).toThrow(ConfigError);
    expect(() => begin(folder, { ...config, lr: 7 })).toThrow('another configuration (lr)');
    expect(readResult(folder)).toEqual(result);
  });

  it('says what is wrong with a folder that cannot be read', () => {
    writeFileSync(join(folder, 'config.json'), '{"dataset":');
    expect(() => begin()).toThrow(/config\.json is not JSON/);
  });

  it('writes nothing once its process stood still and another one took over', async () => {
    const still = { heartbeatMs: 1e9, staleMs: 20 };
    const mine = createRunFolder(folder, config, lockTaker(still)(folder)!);
    mine.append(line);
    const take = lockTaker(still);
    take(folder);
    await setTimeout(40);
    const lock = take(folder)!;
    const theirs = createRunFolder(folder, config, lock);
    theirs.append({ ...line, step: 2 });
    const all = () =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => [
        entry.name,
        entry.isFile() && readFileSync(join(entry.parentPath, entry.name), 'utf8'),
      ]);
    const before = all();
    mine.append({ ...line, step: 2 });
    expect(() => mine.save(new Uint8Array(9))).toThrow(LostLock);
    expect(() => mine.finish(result)).toThrow(LostLock);
    expect(() => mine.fail(new Error('broken'))).toThrow(LostLock);
    expect(all()).toEqual(before);
    lock.release();
  });

  it('counts the deaths of its processes from one checkpoint to the next, and fails after three', () => {
    const die = () => {
      begin();
      return recordDeath(folder, locks.at(-1)!, 'killed by SIGKILL');
    };
    expect([die(), die()]).toEqual([undefined, undefined]);
    expect(readRun(folder)).toMatchObject({ status: 'interrupted', deaths: 2 });
    begin().save(new Uint8Array(9));
    expect([die(), die()]).toEqual([undefined, undefined]);
    expect(die()).toBe('its process died 3 times: killed by SIGKILL');
    const { attempt } = readRun(folder)!;
    expect(readRun(folder)).toMatchObject({ status: 'failed', deaths: 3 });
    // The next sweep tries it again, as often.
    expect(die()).toBeUndefined();
    expect(readRun(folder)!.attempt).not.toBe(attempt);
  });
});

describe('readMetrics', () => {
  const file = () => join(folder, 'metrics.jsonl');
  const text = JSON.stringify(line);

  it('leaves out a torn last line', () => {
    writeFileSync(file(), `${text}\n${text}\n${text.slice(0, 20)}`);
    expect(readMetrics(file())).toEqual([line, line]);
  });

  it('refuses a file that is damaged elsewhere', () => {
    writeFileSync(file(), `${text}\n${text.slice(0, 20)}\n${text}\n`);
    expect(() => readMetrics(file())).toThrow('line 2 is not JSON');
  });
});

it('defaultOut names the command and the local time', () => {
  expect(defaultOut('train', new Date(2026, 10, 2, 4, 5, 6))).toBe(join('runs', 'train-20261102-040506'));
});

it('what cannot be written is named as what it is', () => {
  const file = join(folder, 'none', 'figure.svg');
  const write = () => writeFileSync(file, '');
  expect(() => guarded(file, write, '')).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`cannot write ${file}: ENOENT`),
      hint: ['check that the folder around it exists, or choose another place: --out FILE'],
    }),
  );
  expect(() => guarded(file, write)).toThrow(`cannot write the run folder ${file}`);
});
