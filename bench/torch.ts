import { fileURLToPath } from 'node:url';
import { startTorch as startScript } from '../src/pytorch/process.ts';
import type { Case } from './cases.ts';

/** A Python process with PyTorch that times the same cases on the same machine. */
export interface Torch {
  version: string;
  make(benchCase: Case): Promise<void>;
  /** Milliseconds of every repetition within about `seconds`. */
  run(seconds: number): Promise<number[]>;
  stop(): void;
}

/** Starts PyTorch with so many threads; throws with how to get it where there is none. */
export async function startTorch(threads: number): Promise<Torch> {
  const script = fileURLToPath(new URL('./torchWorker.py', import.meta.url));
  const { versions, ask, stop } = await startScript(script, [String(threads)]);
  return {
    version: String(versions.ready),
    make: async (benchCase) => void (await ask({ make: benchCase })),
    run: async (seconds) => (await ask({ run: seconds })).ms as number[],
    stop,
  };
}
