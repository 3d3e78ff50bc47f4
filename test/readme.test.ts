import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { expect, it } from 'vitest';
import withWithout from '../experiments/with-without.ts';
import { experimentText } from '../src/cli/experiment/text.ts';
import { arithmetic } from '../src/experiment/engine.ts';
import { readStored } from '../src/experiment/stored.ts';
import { inProcess } from './cli/inProcess.ts';
import { packageFolder } from './package.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const stored = readStored(join(root, 'experiments/results')).get(withWithout.name)!;
const old = 'README.md shows what an older build printed: npm run gallery writes it anew';

/** Every ```ts block that is followed by a ```text block: a program, and what it prints. */
const examples = [...readme.matchAll(/```ts\n(.*?)```\n\n```text\n(.*?)```/gs)];

it('has examples, each with its output', () => {
  expect(examples.length).toBeGreaterThan(0);
  expect(readme.match(/```ts\n/g)).toHaveLength(examples.length);
});

it.each(examples.map(([, code, output]) => ({ code, output, title: code.split('\n')[0] })))(
  'prints what it says: $title',
  ({ code, output }) => {
    const flags = ['--input-type=module', '-e', code];
    const printed = execFileSync(process.execPath, flags, { cwd: packageFolder, encoding: 'utf8' });
    expect(printed).toBe(output);
  },
);

it('shows what npm start prints, by the stored results', () => {
  const text = experimentText(withWithout, stored, { width: 80, colors: pc.createColors(false) });
  const [shown] = readme.match(/(?<=```\n)At the end, mean.*?(?=\n```)/s)!;
  expect(shown, old).toBe(text);
});

// Another processor may round otherwise; the stored results say how the one did that these numbers are of.
it.skipIf(stored.engine?.arithmetic !== arithmetic())(
  'shows what its command prints, but for times',
  async () => {
    const [, command, shown] = readme.match(/\$ npm run -s normgrad -- (train .*?)\n(.*?)\n```/s)!;
    const folder = mkdtempSync(join(tmpdir(), 'normgrad-readme-'));
    const { all } = await inProcess([...command.split(' '), '--out', join(folder, 'run')]);
    rmSync(folder, { recursive: true });
    const steady = (text: string) =>
      text
        .trimEnd()
        .replace(/\S*(runs\/|normgrad-readme-)[^\s/]+\/[^\s/]+/g, 'FOLDER')
        .replace(/[\d.]+(ms|s| s)\b/g, 'TIME');
    expect(steady(all), old).toBe(steady(shown));
  },
);
