/** The versions of Node that the package is for, each as npm has it: the oldest, and the newest of every line since. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './install.ts';

export const nodeVersions = ['20.19.0', '22', '24', '26'] as const;

/** The path of its `node`. It is kept in node_modules/.cache; throws where npm cannot get it. */
export async function installNode(version: string): Promise<string> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(import.meta.dirname, '../../node_modules/.cache/nodes', version);
  const node = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await run('npm', ['install', '--prefix', folder, ...flags, `${name}@${version}`]);
  }
  return node;
}
