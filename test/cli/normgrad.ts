import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageFolder } from '../package.ts';

const root = join(import.meta.dirname, '../..');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface SpawnOptions {
  cwd?: string;
  /** Run the source of the clone by tsx, as `npm run normgrad` does, and not the compiled package. */
  source?: boolean;
  env?: Record<string, string>;
  /** What comes through stdin, to its end; without it stdin stays open. */
  input?: string;
  /** Called with all that was written so far, whenever something is; the process may be signalled from here. */
  onOutput?: (written: { stdout: string; stderr: string }, child: ReturnType<typeof spawn>) => void;
}

/** Runs the command line as its users do, in a process of its own, without colours and without a user's cache. */
export function normgrad(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  const { cwd = root, source = false, env = {}, input, onOutput } = options;
  const program = source ? join(root, 'bin/normgrad.mjs') : join(packageFolder, 'normgrad');
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NORMGRAD_CACHE: join(root, 'no-such-cache'),
      NO_COLOR: '1',
      ...env,
    },
  });
  if (input !== undefined) child.stdin.end(input);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      onOutput?.(written, child);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...written }));
  });
}

/** Every line of stdout as JSON. */
export function jsonLines(stdout: string): { type: string; [key: string]: unknown }[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
