import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LineProcess, startLines } from '../src/pytorch/lines.ts';
import { startPython } from '../src/pytorch/process.ts';
import type { Case } from './cases.ts';
import { temporaryFolder } from './temporary.ts';

/** The others that the bench can time in turns with normgrad. */
export const peers = ['torch', 'tfjs', 'jax-js', 'deepbox'] as const;
export type PeerName = (typeof peers)[number];

/** One side of the bench, normgrad or a peer: a process that makes a case and repeats it. torchWorker.py says what is asked. */
export interface Side {
  version: string;
  /** Why the side cannot do the case; null: it can. */
  make(benchCase: Case, start: string | null): Promise<string | null>;
  /** The losses of the next `count` training steps. */
  losses(count: number): Promise<number[]>;
  /** Milliseconds of every repetition within about `seconds`. */
  run(seconds: number): Promise<number[]>;
  /** Seconds since the process was started. */
  age(): number;
  /** The most memory that the process has had, in MB; null on a system that does not say. */
  peakMemory(): number | null;
  stop(): void;
}

/** A way to start sides of one kind, each in a process of its own. */
export type Starter = () => Promise<Side>;

/** Installs, on first use, what package.json of its folder says; it is no dependency of normgrad. */
export async function peerStarter(name: PeerName, threads: number): Promise<Starter> {
  if (name === 'torch') {
    return async () => sideOf('PyTorch', await startPython(here('torchWorker.py'), [String(threads)]));
  }
  const { ensureInstalled } = await script('install.mjs');
  ensureInstalled(here(`peers/${name}`), ['--ignore-scripts']);
  return nodeStarter(name, [here('peers/worker.mjs'), name], threads);
}

export async function ourStarter(threads: number): Promise<Starter> {
  const { buildProcesses } = await script('build.mjs');
  const folder = temporaryFolder();
  await buildProcesses(folder, { worker: here('worker.ts') });
  return nodeStarter('normgrad', [join(folder, 'worker.js')], threads);
}

/** Of scripts/, which are JavaScript without types. */
const script = (name: string) => import(new URL(`../scripts/${name}`, import.meta.url).href);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function nodeStarter(name: string, args: string[], threads: number): Starter {
  const env = { ...process.env, NORMGRAD_THREADS: String(threads) };
  return async () => sideOf(name, await startLines(process.execPath, args, env));
}

async function sideOf(name: string, process: LineProcess): Promise<Side> {
  const ended = async () => new Error(`${name} ended early: ${await process.complaint}`);
  if (process.first === null) throw await ended();
  const ask = async (request: object) => {
    const answer = await process.ask(request);
    if (answer === null) throw await ended();
    return answer;
  };
  return {
    version: String(process.first.ready),
    make: async (benchCase, start) =>
      ((await ask({ make: benchCase, start })).missing as string | undefined) ?? null,
    losses: async (count) => (await ask({ losses: count })).losses as number[],
    run: async (seconds) => (await ask({ run: seconds })).ms as number[],
    age: () => (performance.now() - process.startedAt) / 1e3,
    peakMemory: () => peakMemoryOf(process.pid!),
    stop: process.stop,
  };
}

/** As the kernel of Linux counts it, for any process; what a process says of itself is at least what its parent had. */
function peakMemoryOf(pid: number): number | null {
  try {
    const line = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line && Number(line[1]) / 1024;
  } catch {
    return null;
  }
}
