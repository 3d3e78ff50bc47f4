import { randomUUID } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { RunFolderError } from '../../errors.ts';
import { openWholeFile } from '../../wholeFile.node.ts';
import { guarded, makeFolder } from '../files.ts';
import { attempt, codeOf, isGone, mayPass } from './errors.ts';
import { type LockState, look, ownerFile, placeIn, STALE_MS } from './look.ts';
import { fateOf, thisProcess } from './owner.ts';

/**
 * Who works in a folder: its subfolder `lock`. In it are a file with the owner's name, whose modification time the owner moves
 * every few seconds, and what the owner is just writing. It works on a file system that several machines share, since it
 * rests on two things that are atomic there, too: a folder is renamed to `lock` only where there is none or an empty one, so one
 * taker gets in; and an owner's files have names of their own, so that nobody takes a third one's lock away.
 *
 * An owner that stood still may find its lock taken over. It writes nothing more, not even where it stood still between a look
 * at the lock and the write: a file is written inside `lock` and moved out of it, and a taker empties `lock` first.
 */
export interface Lock {
  /** `pid@host` of an owner that died or stood still, and had not given the lock back. */
  readonly takenFrom: string | undefined;
  /** Throws LostLock once the lock is another's. */
  check(): void;
  /** Replaces a file of the folder, wholly or not at all. */
  write(file: string, content: string | Uint8Array): void;
  /** The same, left open for appending: who takes over replaces the file again, and this one has no name any more. */
  open(file: string, content: string | Uint8Array): number;
  release(): void;
}

/** This process stood still for so long that another one has its folder now. */
export class LostLock extends RunFolderError {}

export interface LockOptions {
  heartbeatMs?: number;
  staleMs?: number;
}

const HEARTBEAT_MS = 2_000;

/** Takes locks, and remembers those of others between two tries: that is how it sees whether their hearts beat. */
export function lockTaker({ heartbeatMs = HEARTBEAT_MS, staleMs = STALE_MS }: LockOptions = {}) {
  const watched = new Map<string, { text: string; since: number }>();
  const troubled = new Map<string, number>();

  /**
   * Its process is dead, or there was no heartbeat while this process watched. Times of two machines are never compared: their
   * clocks may differ.
   */
  function isStale(place: string, { owner, text }: LockState): boolean {
    if (owner && fateOf(owner) === 'dead') return true;
    const seen = watched.get(place);
    const now = performance.now();
    if (seen?.text === text) return now - seen.since > staleMs;
    watched.set(place, { text, since: now });
    return false;
  }

  function tryTo(folder: string): Lock | undefined {
    const place = placeIn(folder);
    const found = look(place);
    if (found?.name !== undefined && !isStale(place, found)) return undefined;
    for (const file of found?.files ?? []) rmSync(join(place, file), { force: true });
    const token = randomUUID();
    if (!enter(place, token)) return undefined;
    watched.delete(place);
    attempt(() => sweepUp(folder));
    return hold(folder, token, found?.name, heartbeatMs, staleMs);
  }

  function tryPatiently(folder: string): Lock | undefined {
    try {
      makeFolder(folder);
      const lock = tryTo(folder);
      troubled.delete(folder);
      return lock;
    } catch (error) {
      const since = troubled.get(folder) ?? performance.now();
      troubled.set(folder, since);
      if (!mayPass(error) || performance.now() - since > staleMs) throw error;
      return undefined;
    }
  }

  /** The lock of the folder, which is made if there is none; undefined while it is another's. */
  return (folder: string): Lock | undefined => guarded(folder, () => tryPatiently(folder));
}

/** false where somebody else is in already. */
function enter(place: string, token: string): boolean {
  const own = `${place}.${token}.tmp`;
  mkdirSync(own);
  try {
    writeFileSync(join(own, ownerFile(token)), JSON.stringify(thisProcess()));
    // Windows does not rename onto an empty folder.
    attempt(() => rmdirSync(place));
    renameSync(own, place);
    return true;
  } catch (error) {
    const found = look(place);
    // NFS may say no to a rename that it has done, and was asked for again.
    if (found?.files.includes(ownerFile(token))) return true;
    if (found?.name !== undefined || isGone(error) || codeOf(error) === 'ENOTEMPTY') return false;
    throw error;
  } finally {
    attempt(() => rmSync(own, { recursive: true, force: true }));
  }
}

/** What takers left that were killed while they took the lock; one that is about to take it fails, and tries again. */
function sweepUp(folder: string): void {
  const left = readdirSync(folder).filter((name) => /^lock\..*\.tmp$/.test(name));
  for (const name of left) rmSync(join(folder, name), { recursive: true, force: true });
}

function hold(
  folder: string,
  token: string,
  takenFrom: string | undefined,
  heartbeatMs: number,
  staleMs: number,
): Lock {
  const place = placeIn(folder);
  const mine = join(place, ownerFile(token));
  let isLost = false;
  let lastBeat = performance.now();
  const timer = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(mine, now, now);
      lastBeat = performance.now();
    } catch (error) {
      // Any other error may pass, and nobody takes the lock before it is stale.
      if (isGone(error)) isLost = true;
    }
  }, heartbeatMs);
  timer.unref();

  function check(): void {
    try {
      if (!isLost) statSync(mine);
    } catch (error) {
      isLost = isGone(error) || performance.now() - lastBeat > staleMs;
    }
    if (!isLost) return;
    clearInterval(timer);
    const owner = attempt(() => look(place)?.name) ?? 'another process';
    throw new LostLock(
      `${owner} has taken over ${folder}: this process, ${process.pid}, stood still for more than ${staleMs / 1000} s`,
      ['it has written nothing since then; the run is the other one’s now'],
    );
  }

  function open(file: string, content: string | Uint8Array): number {
    const staged = join(place, `${basename(file)}.${token}`);
    try {
      return openWholeFile(file, content, { staged, check });
    } catch (error) {
      check();
      throw error;
    }
  }

  return {
    takenFrom,
    check,
    open,
    write: (file, content) => closeSync(open(file, content)),
    release() {
      clearInterval(timer);
      // What cannot be removed now is stale soon.
      attempt(() => {
        unlinkSync(mine);
        rmdirSync(place);
      });
    },
  };
}
