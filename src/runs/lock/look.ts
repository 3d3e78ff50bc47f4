import { closeSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunFolderError } from '../../errors.ts';
import { attempt, codeOf, ifThere } from './errors.ts';
import { fateOf, type Owner } from './owner.ts';

/** A lock as it looks from outside. */
export interface LockState {
  /** All that is in the lock's folder. */
  files: string[];
  /** `pid@host`; undefined where the folder is left of a lock that was given back or taken away. */
  name?: string;
  owner?: Owner;
  /** Changes with every heartbeat. */
  text: string;
  modified: number;
}

/** A lock whose heartbeat has not moved for so long is stale. */
export const STALE_MS = 30_000;

export const placeIn = (folder: string) => join(folder, 'lock');
export const ownerFile = (token: string) => `owner.${token}`;

/** The lock at `place`; undefined where there is none. */
export function look(place: string): LockState | undefined {
  const files = ifThere(() => entries(place));
  if (files === undefined) return undefined;
  const nobodys = { files, text: '', modified: 0 };
  const file = files.find((name) => name.startsWith(ownerFile('')));
  if (file === undefined) return nobodys;
  const read = ifThere(() => {
    // Opened first: NFS asks the server then, and not its own memory.
    const descriptor = openSync(join(place, file), 'r');
    try {
      return { modified: fstatSync(descriptor).mtimeMs, content: readFileSync(descriptor, 'utf8') };
    } finally {
      closeSync(descriptor);
    }
  });
  if (read === undefined) return nobodys;
  const { modified, content } = read;
  // A power cut may have left an empty file.
  const owner = attempt(() => JSON.parse(content) as Owner | null) ?? undefined;
  const name = owner ? `${owner.pid}@${owner.host}` : 'an unknown process';
  return { files, name, owner, text: `${file} ${modified}`, modified };
}

/**
 * Tells, at the second look or a later one, that the owner of a folder's lock is alive: its heart beat in between. A process of
 * which nothing is seen may be dead, and what it left is to be taken over.
 */
export function heartWatch(): (folder: string) => boolean {
  const first = new Map<string, string>();
  return (folder) => {
    const found = look(placeIn(folder));
    if (found?.name === undefined) return false;
    if (!first.has(folder)) first.set(folder, found.text);
    return first.get(folder) !== found.text;
  };
}

/** Whether somebody seems to work in the folder, by one look: the machines' clocks had better agree. */
export function isLocked(folder: string): boolean {
  const found = look(placeIn(folder));
  if (found?.owner && fateOf(found.owner) === 'dead') return false;
  return found?.name !== undefined && isFresh(found, STALE_MS);
}

export function isFresh({ modified }: LockState, staleMs: number): boolean {
  return Date.now() - modified < staleMs;
}

function entries(place: string): string[] {
  try {
    return readdirSync(place);
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') throw error;
    if (!statSync(dirname(place)).isDirectory()) {
      throw new RunFolderError(`${dirname(place)} is a file and no folder`, ['choose another name']);
    }
    throw new RunFolderError(`${place} is a file, as normgrad once wrote it, and no folder`, [
      'delete that file, if no older normgrad works there',
    ]);
  }
}
