import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Case } from './cases.ts';

/** A Python process with PyTorch that times the same cases on the same machine. */
export interface Torch {
  version: string;
  make(benchCase: Case): Promise<void>;
  /** Milliseconds of every repetition within about `seconds`. */
  run(seconds: number): Promise<number[]>;
  stop(): void;
}

const howToGet =
  'PyTorch was not found. Debian and Ubuntu: apt-get install python3-torch libopenblas0-pthread; elsewhere: pip install ' +
  'torch. NORMGRAD_PYTHON names the Python to use.';

/** Starts PyTorch with so many threads; throws with how to get it where there is none. */
export async function startTorch(threads: number): Promise<Torch> {
  const worker = fileURLToPath(new URL('./torchWorker.py', import.meta.url));
  const candidates = process.env.NORMGRAD_PYTHON
    ? [process.env.NORMGRAD_PYTHON]
    : ['python3', '/usr/bin/python3'];
  for (const python of candidates) {
    const child = spawn(python, [worker, String(threads)], { stdio: ['pipe', 'pipe', 'ignore'] });
    const answers = lines(child);
    const ready = await answers.next();
    if (ready === null) continue;
    const ask = async (request: object) => {
      child.stdin?.write(`${JSON.stringify(request)}\n`);
      const answer = await answers.next();
      if (answer === null) throw new Error('the PyTorch process ended early');
      return answer;
    };
    return {
      version: String(ready.ready),
      make: async (benchCase) => void (await ask({ make: benchCase })),
      run: async (seconds) => (await ask({ run: seconds })).ms as number[],
      stop: () => child.kill(),
    };
  }
  throw new Error(howToGet);
}

/** The JSON lines that a process prints, one by one; null once it has ended. */
function lines(child: ChildProcess): { next(): Promise<Record<string, unknown> | null> } {
  const waiting: ((line: string | null) => void)[] = [];
  const early: (string | null)[] = [];
  const push = (line: string | null) => (waiting.shift() ?? ((value) => early.push(value)))(line);
  if (child.stdout) {
    const reader: Interface = createInterface({ input: child.stdout });
    reader.on('line', push);
    reader.on('close', () => push(null));
  }
  child.on('error', () => push(null));
  return {
    async next() {
      const line =
        early.length > 0 ? early.shift() : await new Promise<string | null>((done) => waiting.push(done));
      return line ? JSON.parse(line) : null;
    },
  };
}
