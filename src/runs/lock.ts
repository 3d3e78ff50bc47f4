import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * Who works in a folder: a file `lock` with `pid@host` and the time, whose modification time its owner moves every few
 * seconds. It works on a file system that several machines share, since creating a file that must not exist is atomic
 * there, too.
 */
interface Lock {
  release(): void;
}

interface LockOptions {
  /** The lock has been taken over, because this process seemed dead: it must write nothing more to the folder. */
  onLost: () => void;
  heartbeatMs?: number;
  /** A lock whose heartbeat has not moved for so long is stale. */
  staleMs?: number;
}

const HEARTBEAT_MS = 2_000;
const STALE_MS = 30_000;
/** A takeover takes a millisecond; one that is as old as this was never finished. */
const TAKEOVER_MS = 60_000;

/** Takes locks, and remembers those of others between two tries: that is how it sees whether their hearts beat. */
export function lockTaker({ onLost, heartbeatMs = HEARTBEAT_MS, staleMs = STALE_MS }: LockOptions) {
  const watched = new Map<string, { state: string; since: number }>();

  /**
   * Dead process of this machine, or no heartbeat while this process watched. Times of two machines are never compared: their
   * clocks may differ.
   */
  function isStale(file: string): boolean {
    const state = stateOf(file);
    if (state === undefined) return false;
    if (isDead(state.owner)) return true;
    const seen = watched.get(file);
    const now = performance.now();
    if (seen?.state === state.text) return now - seen.since > staleMs;
    watched.set(file, { state: state.text, since: now });
    return false;
  }

  /** The lock of the folder; undefined while it is another's. */
  return function take(folder: string): Lock | undefined {
    const file = join(folder, 'lock');
    const content = `${process.pid}@${hostname()} ${new Date().toISOString()} ${process.hrtime.bigint()}\n`;
    if (!create(file, content) && !(isStale(file) && takeOver(file, isStale, content))) return undefined;
    watched.delete(file);
    const timer = setInterval(() => {
      if (read(file) !== content || !touch(file)) onLost();
    }, heartbeatMs);
    timer.unref();
    return {
      release() {
        clearInterval(timer);
        if (read(file) === content) rmSync(file, { force: true });
      },
    };
  };
}

/** Whether somebody seems to work in the folder, by one look: the machines' clocks had better agree. */
export function isLocked(folder: string): boolean {
  const state = stateOf(join(folder, 'lock'));
  return state !== undefined && !isDead(state.owner) && Date.now() - state.modified < STALE_MS;
}

/** `pid@host` of whoever has the lock, for messages; undefined where nobody does. */
export function lockOwner(folder: string): string | undefined {
  return stateOf(join(folder, 'lock'))?.owner.split(' ')[0];
}

/** Replaces a stale lock. Two may have found it stale: a second file lets one of them in, who then looks again. */
function takeOver(file: string, isStale: (file: string) => boolean, content: string): boolean {
  const takeover = `${file}.takeover`;
  if (!create(takeover, content)) {
    const state = stateOf(takeover);
    if (state && Date.now() - state.modified > TAKEOVER_MS) rmSync(takeover, { force: true });
    return false;
  }
  try {
    if (!isStale(file)) return false;
    rmSync(file, { force: true });
    return create(file, content);
  } finally {
    rmSync(takeover, { force: true });
  }
}

/** false if the file exists. */
function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  return ifThere(() => readFileSync(file, 'utf8'));
}

/** false if the file does not exist. */
function touch(file: string): boolean {
  const now = new Date();
  const touched = ifThere(() => {
    utimesSync(file, now, now);
    return true;
  });
  return touched ?? false;
}

/** undefined where the file does not exist: another process may remove it at any moment. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

interface LockState {
  /** Changes with every heartbeat. */
  text: string;
  owner: string;
  modified: number;
}

function stateOf(file: string): LockState | undefined {
  return ifThere(() => {
    const modified = statSync(file).mtimeMs;
    const owner = readFileSync(file, 'utf8');
    return { text: `${owner} ${modified}`, owner, modified };
  });
}

function isDead(owner: string): boolean {
  const [, pid, host] = owner.match(/^(\d+)@(\S+) /) ?? [];
  return isGone(Number(pid), host);
}

/** A process of this machine that is no more. Of other machines nothing can be said. */
export function isGone(pid: number, host: string): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
