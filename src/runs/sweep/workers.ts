import { readMetrics } from '../../train/metrics.ts';
import { attempt } from '../lock/errors.ts';
import { look, placeIn } from '../lock/look.ts';
import { readRun, runFiles } from '../record.ts';
import type { SweepRun } from './sweep.ts';

/** A process that has a run in its hands, or had it when it died. */
export interface AtWork {
  /** `pid@host` */
  worker: string;
  host: string;
  run: SweepRun;
  /** Steps done, as far as they are in metrics.jsonl; undefined where that says none. */
  step: number | undefined;
  /** Since its heart last beat, by this machine's clock and that of the disk. */
  quietSeconds: number;
  /** Nothing was heard of it for so long that its run is taken over by the next worker that looks. */
  isStale: boolean;
}

/** What one host has done for a sweep: runs of each kind. */
export interface HostShare {
  host: string;
  done: number;
  diverged: number;
  failed: number;
  running: number;
}

/** Who works at these runs, and which host had how many of them. */
export function workersOf(runs: readonly SweepRun[]): { atWork: AtWork[]; hosts: HostShare[] } {
  const atWork = runs.flatMap((run) => atWorkOn(run) ?? []);
  const hosts = new Map<string, HostShare>();
  const count = (host: string, kind: Exclude<keyof HostShare, 'host'>) => {
    const share = hosts.get(host) ?? { host, done: 0, diverged: 0, failed: 0, running: 0 };
    share[kind]++;
    hosts.set(host, share);
  };
  for (const { status, folder } of runs) {
    if (status === 'running' || status === 'missing') continue;
    count(readRun(folder)?.host ?? 'unknown', status);
  }
  for (const { host, isStale } of atWork) if (!isStale) count(host, 'running');
  return { atWork, hosts: [...hosts.values()].sort((a, b) => (a.host < b.host ? -1 : 1)) };
}

function atWorkOn(run: SweepRun): AtWork | undefined {
  if (run.status === 'done' || run.status === 'diverged') return undefined;
  const found = look(placeIn(run.folder));
  if (found?.name === undefined) return undefined;
  const { metrics } = runFiles(run.folder);
  return {
    worker: found.name,
    host: found.owner?.host ?? 'unknown',
    run,
    step: attempt(() => readMetrics(metrics).at(-1)?.step),
    quietSeconds: Math.max(0, (Date.now() - found.modified) / 1000),
    isStale: run.status !== 'running',
  };
}
