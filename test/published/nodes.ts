/** The package on the versions of Node that it is for: the oldest, and the newest of every line since. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type InstalledPackage, run } from './install.ts';

/** As npm has them. Those between the oldest and the newest are a proof's (nodes.proof.ts). */
export const nodeVersions = { ends: ['20.19.0', '26'], between: ['22', '24'] } as const;

const imported = `import { BatchNorm, gradcheckNorm, tensor } from 'normgrad';
console.log(new BatchNorm(1).forward(tensor([[1], [3]])).data[1] > 0.99, gradcheckNorm('layer', { shape: [2, 3] }).every(({ passed }) => passed));`;
const required = `const { createRandom } = require('normgrad'); console.log(createRandom(1).normal());`;

const digestOf = (text: string) => /digest ([0-9a-f]{16})/.exec(text)![1];
const hasAvx2 =
  process.arch === 'x64' &&
  existsSync('/proc/cpuinfo') &&
  /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));

/** That this version runs the installed package, and warns of nothing. */
export async function checkOnNode(version: string, installed: InstalledPackage): Promise<void> {
  const node = await installNode(version);
  const folder = join(installed.project, `node-${version}`);
  mkdirSync(folder);
  const { NODE_OPTIONS, NODE_NO_WARNINGS, ...env } = process.env;
  const says = async (...args: string[]) => {
    const { stdout, stderr } = await run(node, args, { cwd: folder, env });
    expect(stderr).not.toMatch(/warning/i);
    return stdout;
  };
  const cli = join(installed.folder, 'bin/normgrad.mjs');
  expect(await says(cli, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  const train = ['train', '--dataset', 'synthetic', '--limit', '128', '--epochs', '1', '--norm', 'group'];
  const printed = await says(cli, ...train);
  expect(printed).toMatch(/test accuracy .*\ndigest [0-9a-f]{16}\n/);
  const wide = await run(node, [cli, ...train], { cwd: folder, env: { ...env, NORMGRAD_VECTORS: '256' } });
  expect(digestOf(wide.stdout)).toBe(digestOf(printed));
  if (/^2[02]/.test(version)) {
    expect(wide.stderr).toMatch(/VECTORS=256: Node \S+ cannot join .* stay at 128/);
  } else if (hasAvx2) expect(wide.stderr).not.toMatch(/NORMGRAD_VECTORS/);
  writeFileSync(join(folder, 'imported.mjs'), imported);
  expect(await says('imported.mjs')).toBe('true true\n');
  writeFileSync(join(folder, 'required.cjs'), required);
  // Node 20 says of every require of a module that this is experimental.
  if (!version.startsWith('20')) expect(await says('required.cjs')).toMatch(/^-?\d\.\d+\n$/);
}

/** The path of its `node`. It is kept in node_modules/.cache; throws where npm cannot get it. */
async function installNode(version: string): Promise<string> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(import.meta.dirname, '../../node_modules/.cache/nodes', version);
  const node = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await run('npm', ['install', '--prefix', folder, ...flags, `${name}@${version}`]);
  }
  return node;
}
