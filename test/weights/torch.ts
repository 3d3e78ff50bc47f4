import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where Debian has PyTorch; NORMGRAD_PYTHON names another one. */
const python = process.env.NORMGRAD_PYTHON ?? '/usr/bin/python3';

/** Why PyTorch cannot be asked on this machine; undefined where it can. */
export function withoutTorch(): string | undefined {
  const { error, status } = spawnSync(python, ['-c', 'import torch']);
  if (error) return `there is no ${python}`;
  return status === 0 ? undefined : `${python} has no torch`;
}

/** What a script of this folder prints. */
export function runPython(script: string, ...args: readonly string[]): string {
  const file = fileURLToPath(new URL(script, import.meta.url));
  // -B: no __pycache__ beside the scripts.
  const { status, stdout, stderr } = spawnSync(python, ['-B', file, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script} ${args.join(' ')}:\n${stderr}`);
  return stdout;
}
