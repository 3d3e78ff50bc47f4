import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageFolder } from './package.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

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
