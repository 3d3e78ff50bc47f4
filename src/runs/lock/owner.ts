import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who owns a lock, so that another process can tell whether it is still alive. A pid alone says little: it is another
 * process's after a reboot or in another container, which may well have the same host name, and it is given away again.
 */
export interface Owner {
  pid: number;
  host: string;
  /** Within one place a pid means one process at a time; null where the system does not say. */
  place: string | null;
  /** When the process began, in the system's own ticks: tells it from a later one with its pid. null: not known. */
  started: string | null;
}

export function thisProcess(): Owner {
  const { pid } = process;
  return { pid, host: hostname(), place: herePlace(), started: statusOf(pid)?.started ?? null };
}

/** `unknown`: it lives, or lived, where this process cannot look. */
export function fateOf({ pid, place, started }: Owner): 'alive' | 'dead' | 'unknown' {
  if (place === null || place !== herePlace()) return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const status = statusOf(pid);
  if (status === undefined) return 'alive';
  const isOther = started !== null && started !== status.started;
  return isOther || status.hasEnded ? 'dead' : 'alive';
}

let place: string | null | undefined;

/** On Linux one boot of the machine and one of its pid namespaces; elsewhere, where there are none, the host. */
function herePlace(): string | null {
  place ??= process.platform === 'linux' ? ofLinux() : hostname();
  return place;

  function ofLinux() {
    try {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    } catch {
      return null;
    }
  }
}

/** From /proc; undefined where there is none, or none of this process's own pid namespace. */
function statusOf(pid: number): { started: string; hasEnded: boolean } | undefined {
  try {
    if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // `4711 (a name) S …`: the state, and 19 fields later the time of the start. A zombie only waits for its parent to look.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: rest[18], hasEnded: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}
