import { checkVariable } from '../environment.ts';
import { PytorchError } from '../errors.ts';
import { type Answer, type LineProcess, startLines } from './lines.ts';

/** The process is gone: no answer will come to anything that is asked of it. */
export class PytorchEnded extends PytorchError {}

/** A Python process with PyTorch, which answers a line of JSON to each request. */
export interface Torch {
  /** What its first line says: the versions. */
  versions: Readonly<Answer>;
  /** As of LineProcess, but throws a PytorchEnded where the process ends. */
  ask(request: object, bytes?: Uint8Array): Promise<Answer>;
  stop(): void;
}

const HOW_TO_GET = [
  'Debian and Ubuntu: apt-get install python3-torch',
  'elsewhere: python3 -m pip install torch (without a GPU: --index-url https://download.pytorch.org/whl/cpu)',
  'NORMGRAD_PYTHON names the Python to use, such as that of a virtual environment',
];

export async function startTorch(script: string, args: readonly string[]): Promise<Torch> {
  const { first, ask, complaint, stop } = await startPython(script, args);
  return {
    versions: first!,
    async ask(request, bytes) {
      const answer = await ask(request, bytes);
      if (answer === null) throw new PytorchEnded(`the process with PyTorch ended early: ${await complaint}`);
      return answer;
    },
    stop,
  };
}

/**
 * PyTorch gives large tensors back to the system and asks for them anew, and a first touch of a page takes 0.2 to 20 µs, by the (virtual)
 * machine. So that it computes, and so that the bench times that, glibc is told to keep what it has: up to ten times as fast.
 */
const KEPT_MEMORY = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '99999999999' };

/** Starts `script` with the first Python that has PyTorch; throws a PytorchError that says how to get it where there is none. */
export async function startPython(script: string, args: readonly string[]): Promise<LineProcess> {
  const env = { ...process.env, ...KEPT_MEMORY };
  const named = checkVariable('NORMGRAD_PYTHON', process.env.NORMGRAD_PYTHON);
  const tried: string[] = [];
  for (const python of named === undefined ? ['python3', '/usr/bin/python3'] : [named]) {
    // -B: no __pycache__ beside the scripts
    const started = await startLines(python, ['-B', script, ...args], env);
    if (started.first !== null) return started;
    tried.push(`${python}: ${await started.complaint}`);
  }
  throw new PytorchError(`PyTorch was not found (${tried.join('; ')})`, HOW_TO_GET);
}
