import { setTimeout } from 'node:timers/promises';
import { RunFolderError } from '../../errors.ts';
import { type Lock, type LockOptions, lockTaker } from './lock.ts';
import { isFresh, look, placeIn, STALE_MS } from './look.ts';
import { fateOf } from './owner.ts';

interface WaitOptions extends LockOptions {
  /** Aborting it ends the wait, with an AbortError. */
  signal?: AbortSignal;
  /** Called once if the lock is that of a process that may have died, with `pid@host` and the longest wait. */
  onWait?: (owner: string, ms: number) => void;
}

/** Between two tries for a lock. */
const RETRY_MS = 200;
/** Between two tries for one that is kept for a moment only. */
const SOON_MS = 20;

/**
 * The lock of the folder. Waits out that of a process that died where this one cannot see it; one whose heart beats is a
 * RunFolderError that names it.
 */
export async function lockFolder(folder: string, options: WaitOptions = {}): Promise<Lock> {
  const { signal, onWait, staleMs = STALE_MS } = options;
  const take = lockTaker(options);
  let first: string | undefined;
  for (;;) {
    const lock = take(folder);
    if (lock) return lock;
    const found = look(placeIn(folder));
    if (found?.name !== undefined) {
      const isAlive = found.owner && fateOf(found.owner) === 'alive' && isFresh(found, staleMs);
      if (isAlive || (first !== undefined && first !== found.text)) throw busy(folder, found.name);
      if (first === undefined) onWait?.(found.name, staleMs);
      first = found.text;
    }
    await setTimeout(RETRY_MS, undefined, { signal });
  }
}

/** `fn` with the lock of the folder, for which it waits: for locks that nobody keeps for long. */
export async function withLock<T>(folder: string, fn: (lock: Lock) => T): Promise<T> {
  const take = lockTaker();
  for (;;) {
    const lock = take(folder);
    if (lock) {
      try {
        return fn(lock);
      } finally {
        lock.release();
      }
    }
    await setTimeout(SOON_MS);
  }
}

function busy(folder: string, owner: string): RunFolderError {
  return new RunFolderError(`another process is at work in ${folder}: ${owner}`, [
    'wait until it has finished, or stop it',
  ]);
}
