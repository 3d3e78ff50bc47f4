import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Owner } from '../../../src/runs/lock/owner.ts';

/** Puts another process's lock into the folder, as it would stand there; returns a heartbeat, with any clock. */
export function putLock(folder: string, owner: Partial<Owner> | string): (clock: Date) => void {
  const place = join(folder, 'lock');
  mkdirSync(place);
  const file = join(place, 'owner.theirs');
  const whole = { pid: 1, host: 'elsewhere', place: 'another machine', started: '1' };
  writeFileSync(file, typeof owner === 'string' ? owner : JSON.stringify({ ...whole, ...owner }));
  return (clock) => utimesSync(file, clock, clock);
}

/** The pid of a process that is no more. */
export async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid!;
}
