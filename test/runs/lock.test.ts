import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLocked, lockTaker } from '../../src/runs/lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'lock');
const never = () => {
  throw new Error('lost the lock');
};

describe('a lock', () => {
  it('is one taker at a time', () => {
    const [one, other] = [lockTaker({ onLost: never }), lockTaker({ onLost: never })];
    const lock = one(folder)!;
    expect(readFileSync(file(), 'utf8')).toMatch(new RegExp(`^${process.pid}@${hostname()} `));
    expect(other(folder)).toBeUndefined();
    expect(isLocked(folder)).toBe(true);
    lock.release();
    expect(isLocked(folder)).toBe(false);
    other(folder)!.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a dead process of this machine is taken over at once', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    writeFileSync(file(), `${child.pid}@${hostname()} then\n`);
    expect(isLocked(folder)).toBe(false);
    lockTaker({ onLost: never })(folder)!.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of another machine is taken over when its heart has stood still, whatever its clock says', async () => {
    for (const clock of [new Date(0), new Date(), new Date('2100-01-01')]) {
      writeFileSync(file(), '1@elsewhere then\n');
      utimesSync(file(), clock, clock);
      const take = lockTaker({ onLost: never, staleMs: 20 });
      expect(take(folder)).toBeUndefined();
      await setTimeout(40);
      take(folder)!.release();
    }
  });

  it('of another machine is left alone while its heart beats', async () => {
    writeFileSync(file(), '1@elsewhere then\n');
    const take = lockTaker({ onLost: never, staleMs: 20 });
    for (let beat = 1; beat < 5; beat++) {
      utimesSync(file(), beat, beat);
      expect(take(folder)).toBeUndefined();
      await setTimeout(40);
    }
  });

  it('that was taken over is noticed, and not released', async () => {
    let lost = 0;
    const lock = lockTaker({ onLost: () => lost++, heartbeatMs: 5 })(folder)!;
    await setTimeout(30);
    expect(lost).toBe(0);
    writeFileSync(file(), '1@elsewhere then\n');
    await setTimeout(30);
    expect(lost).toBeGreaterThan(0);
    lock.release();
    expect(existsSync(file())).toBe(true);
  });
});
