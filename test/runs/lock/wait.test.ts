import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockTaker } from '../../../src/runs/lock/lock.ts';
import { lockFolder, withLock } from '../../../src/runs/lock/wait.ts';
import { putLock } from './foreign.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('lockFolder', () => {
  it('names a live owner', async () => {
    const lock = lockTaker()(folder)!;
    await expect(lockFolder(folder)).rejects.toThrow(
      `another process is at work in ${folder}: ${process.pid}@${hostname()}`,
    );
    lock.release();
    (await lockFolder(folder)).release();
  });

  it('watches one elsewhere: an error if its heart beats, the lock if it stands still', async () => {
    const beat = putLock(folder, { pid: 7 });
    const waits: string[] = [];
    const onWait = (owner: string) => waits.push(owner);
    const beating = lockFolder(folder, { onWait });
    beat(new Date(5000));
    await expect(beating).rejects.toThrow(`another process is at work in ${folder}: 7@elsewhere`);
    const lock = await lockFolder(folder, { onWait, staleMs: 50 });
    expect(lock.takenFrom).toBe('7@elsewhere');
    expect(waits).toEqual(['7@elsewhere', '7@elsewhere']);
    lock.release();
  });

  it('ends at a signal', async () => {
    putLock(folder, {});
    const controller = new AbortController();
    const waiting = lockFolder(folder, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

it('withLock waits for its turn', async () => {
  const lock = lockTaker()(folder)!;
  let done = false;
  const waiting = withLock(folder, () => (done = true));
  await setTimeout(50);
  expect(done).toBe(false);
  lock.release();
  await waiting;
  expect(done).toBe(true);
});
