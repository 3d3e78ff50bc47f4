import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InstalledPackage, installPackage, run } from './install.ts';
import { installNode, nodeVersions } from './nodes.ts';

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
});
afterAll(() => installed.remove());

const imported = `import { BatchNorm, gradcheckNorm, tensor } from 'normgrad';
console.log(new BatchNorm(1).forward(tensor([[1], [3]])).data[1] > 0.99, gradcheckNorm('layer').every(({ passed }) => passed));`;
const required = `const { createRandom } = require('normgrad'); console.log(createRandom(1).normal());`;

const digestOf = (text: string) => /digest ([0-9a-f]{16})/.exec(text)![1];
const hasAvx2 =
  process.arch === 'x64' &&
  existsSync('/proc/cpuinfo') &&
  /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));

test.concurrent.each(nodeVersions)(
  'Node %s runs the installed package, and warns of nothing',
  async (version) => {
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
    if (/^2[02]/.test(version))
      expect(wide.stderr).toMatch(/VECTORS=256: Node \S+ cannot join .* stay at 128/);
    else if (hasAvx2) expect(wide.stderr).not.toMatch(/NORMGRAD_VECTORS/);
    writeFileSync(join(folder, 'imported.mjs'), imported);
    expect(await says('imported.mjs')).toBe('true true\n');
    writeFileSync(join(folder, 'required.cjs'), required);
    // Node 20 says of every require of a module that this is experimental.
    if (!version.startsWith('20')) expect(await says('required.cjs')).toMatch(/^-?\d\.\d+\n$/);
  },
);
