import { readdirSync, readFileSync } from 'node:fs';

/** The processes that one has started (Linux). */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? ofProcess(name, 'stat') : '';
    return stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(pid) ? [Number(name)] : [];
  });
}

/** A file of /proc; empty for a process that is gone. */
export function ofProcess(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
