import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolderError } from '../../../src/errors.ts';
import { LostLock, lockTaker } from '../../../src/runs/lock/lock.ts';
import { isLocked } from '../../../src/runs/lock/look.ts';
import { fateOf, thisProcess } from '../../../src/runs/lock/owner.ts';
import { deadPid, putLock } from './foreign.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inLock = () => readdirSync(join(folder, 'lock'));
/** Without a heartbeat, so that a watcher finds it stale after `staleMs`. */
const still = { heartbeatMs: 1e9, staleMs: 20 };

/** Takes the lock from an owner that seems to stand still. */
async function takeOver() {
  const take = lockTaker(still);
  expect(take(folder)).toBeUndefined();
  await setTimeout(40);
  return take(folder)!;
}

describe('a lock', () => {
  it('is one taker at a time', () => {
    const [one, other] = [lockTaker(), lockTaker()];
    const lock = one(folder)!;
    const [file] = inLock();
    const owner = JSON.parse(readFileSync(join(folder, 'lock', file), 'utf8'));
    expect(owner).toMatchObject({ pid: process.pid, host: hostname() });
    expect(other(folder)).toBeUndefined();
    expect(isLocked(folder)).toBe(true);
    lock.release();
    expect(isLocked(folder)).toBe(false);
    const next = other(folder)!;
    expect(next.takenFrom).toBeUndefined();
    next.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a dead process is taken over at once, with all that it left', async () => {
    const pid = await deadPid();
    putLock(folder, { ...thisProcess(), pid });
    writeFileSync(join(folder, 'lock', 'result.json.theirs'), 'half a re');
    fs.mkdirSync(join(folder, 'lock.theirs.tmp'));
    expect(isLocked(folder)).toBe(false);
    const lock = lockTaker()(folder)!;
    expect(lock.takenFrom).toBe(`${pid}@${hostname()}`);
    expect(inLock()).toHaveLength(1);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of another machine is taken over when its heart has stood still, whatever its clock says', async () => {
    for (const clock of [new Date(0), new Date(), new Date('2100-01-01')]) {
      putLock(folder, {})(clock);
      (await takeOver()).release();
    }
  });

  it('of another machine is left alone while its heart beats', async () => {
    const beat = putLock(folder, {});
    const take = lockTaker({ staleMs: 20 });
    for (let clock = 1; clock < 5; clock++) {
      beat(new Date(1000 * clock));
      expect(take(folder)).toBeUndefined();
      await setTimeout(40);
    }
  });

  it('is free where a taker was killed halfway, and stale in the end where a power cut emptied its file', async () => {
    fs.mkdirSync(join(folder, 'lock'));
    writeFileSync(join(folder, 'lock', 'run.json.theirs'), '');
    lockTaker()(folder)!.release();
    putLock(folder, '');
    (await takeOver()).release();
  });

  it('that an older version wrote is an error that says what to do', () => {
    writeFileSync(join(folder, 'lock'), '1@elsewhere now\n');
    expect(() => lockTaker()(folder)).toThrow('is a file, as normgrad once wrote it');
  });

  it('makes the folder, and says in words why it cannot', () => {
    const made = join(folder, 'a', 'run');
    lockTaker()(made)!.release();
    expect(readdirSync(made)).toEqual([]);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const take = () => lockTaker()(join(file, 'run'));
    expect(take).toThrow(RunFolderError);
    expect(take).toThrow(`cannot write the run folder ${join(file, 'run')}: ENOTDIR`);
  });

  it('is none in a file', () => {
    const file = join(folder, 'plain');
    writeFileSync(file, '');
    expect(() => lockTaker()(file)).toThrow(`${file} is a file and no folder`);
  });
});

describe('an owner', () => {
  it('is dead if its pid is another process’s now', () => {
    expect(fateOf(thisProcess())).toBe('alive');
    expect(fateOf({ ...thisProcess(), started: '1' })).toBe(process.platform === 'linux' ? 'dead' : 'alive');
  });

  it('is unknown where its pid means another process, be the host name the same', async () => {
    const pid = await deadPid();
    for (const place of ['another boot', null]) {
      expect(fateOf({ ...thisProcess(), pid, place })).toBe('unknown');
    }
  });

  it.skipIf(process.platform !== 'linux')('is dead if only its parent does not know yet', async () => {
    // It ends when the shell, which would wait for it, has become a sleep, which does not.
    const child = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60']);
    const [pid] = await once(createInterface(child.stdout), 'line');
    const fate = () => fateOf({ ...thisProcess(), pid: Number(pid), started: null });
    while (fate() === 'alive') await setTimeout(5);
    expect(process.kill(Number(pid), 0)).toBe(true);
    expect(fate()).toBe('dead');
    child.kill('SIGKILL');
  });

  const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc'];
  const mayUnshare = spawnSync('unshare', [...unshare, 'true']).status === 0;
  it.skipIf(!mayUnshare)(
    'in another pid namespace (skipped where unshare is not permitted) keeps its lock',
    async () => {
      const pid = await deadPid();
      const code = `const { lockTaker } = await import(${JSON.stringify(new URL('../../../src/runs/lock/lock.ts', import.meta.url).href)});
      lockTaker({ heartbeatMs: 10 })(${JSON.stringify(folder)});
      console.log(process.pid);
      setInterval(() => {}, 1000);`;
      const flags = [
        '--import',
        import.meta.resolve('tsx'),
        '--conditions=normgrad-source',
        '--input-type=module',
      ];
      // It gets the pid of a process that is dead outside.
      const shell = `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; "$@"; exit`;
      const child = spawn('unshare', [
        ...unshare,
        'sh',
        '-c',
        shell,
        'sh',
        process.execPath,
        ...flags,
        '-e',
        code,
      ]);
      const [inner] = await once(createInterface(child.stdout), 'line');
      expect(inner).toBe(String(pid));
      const take = lockTaker({ staleMs: 150 });
      for (let i = 0; i < 10; i++) {
        expect(take(folder)).toBeUndefined();
        await setTimeout(30);
      }
      child.kill('SIGKILL');
      while (take(folder) === undefined) await setTimeout(30);
    },
  );
});

describe('the heart of an owner', () => {
  /** `name` of node:fs, also as others have imported it, is `fake` while `fn` runs. */
  async function faking(name: 'utimesSync' | 'renameSync', fake: typeof fs.renameSync, fn: () => unknown) {
    const real = fs[name];
    Object.assign(fs, { [name]: fake });
    syncBuiltinESMExports();
    try {
      await fn();
    } finally {
      Object.assign(fs, { [name]: real });
      syncBuiltinESMExports();
    }
  }
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code, syscall: 'utime' });
  };

  it.each(['EIO', 'EAGAIN', 'ENOSPC', 'EACCES'])('survives %s', async (code) => {
    const lock = lockTaker({ heartbeatMs: 5 })(folder)!;
    await faking('utimesSync', failing(code), () => setTimeout(30));
    lock.check();
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['ENOENT', 'ESTALE'])('ends with %s', async (code) => {
    const lock = lockTaker({ heartbeatMs: 5 })(folder)!;
    await faking('utimesSync', failing(code), () => setTimeout(30));
    expect(() => lock.check()).toThrow(LostLock);
    lock.release();
  });

  it('that stood still finds its lock taken over, writes nothing more and releases nothing', async () => {
    const file = join(folder, 'result.json');
    const lock = lockTaker(still)(folder)!;
    const other = await takeOver();
    other.write(file, 'theirs');
    expect(() => lock.write(file, 'mine')).toThrow(LostLock);
    expect(() => lock.write(file, 'mine')).toThrow(
      `${process.pid}@${hostname()} has taken over ${folder}: this process`,
    );
    lock.release();
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    expect(inLock()).toHaveLength(1);
    other.check();
    other.release();
    expect(readdirSync(folder)).toEqual(['result.json']);
  });

  it('may stand still at the very rename, and writes nothing', async () => {
    const file = join(folder, 'result.json');
    const lock = lockTaker(still)(folder)!;
    const take = lockTaker(still);
    take(folder);
    await setTimeout(40);
    const { renameSync } = fs;
    let other: ReturnType<typeof take>;
    const late: typeof renameSync = (from, to) => {
      if (to === file && other === undefined) {
        other = take(folder);
        other!.write(file, 'theirs');
      }
      renameSync(from, to);
    };
    await faking('renameSync', late, () => expect(() => lock.write(file, 'mine')).toThrow(LostLock));
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    other!.release();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });
});
