/**
 * `npm run gallery`, its second step: writes into README.md what `npm start` prints, from its stored results, and what the example
 * of `train` prints, from a run of it. test/readme.test.ts compares.
 */
import { execSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import withWithout from '../experiments/with-without.ts';
import { experimentText } from '../src/cli/experiment/text.ts';
import { readStored } from '../src/experiment/stored.ts';

const root = join(import.meta.dirname, '..');
const file = join(root, 'README.md');

const stored = readStored(join(root, 'experiments/results')).get(withWithout.name)!;
const started = experimentText(withWithout, stored, { width: 80, colors: pc.createColors(false) });
const withStart = readFileSync(file, 'utf8').replace(
  /(?<=```\n)At the end, mean.*?(?=\n```)/s,
  () => started,
);

const example = /(?<=\$ npm run -s normgrad -- (train .*)\n).*?(?=\n```)/s;
const [, command] = withStart.match(example)!;
const folder = mkdtempSync(join(tmpdir(), 'normgrad-readme-'));
// A shell, so that the lines of both streams come in their order.
const printed = execSync(`node "${join(root, 'scripts/cli.mjs')}" ${command} 2>&1`, {
  cwd: folder,
  encoding: 'utf8',
  env: { ...process.env, NO_COLOR: '1' },
});
rmSync(folder, { recursive: true });
writeFileSync(
  file,
  withStart.replace(example, () => printed.trimEnd()),
);
