import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findNorm, registry } from '../../src/nn/norm/registry.ts';
import { frameworkDefaults } from '../../src/teach/frameworkDefaults.ts';
import { pages } from '../../src/teach/pages.node.ts';

const folder = join(fileURLToPath(new URL('../..', import.meta.url)), 'docs', 'norms');
const made = pages();
const onDisk = (file: string) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');

describe('docs/norms is what the source makes; if not: npm run docs', () => {
  it('has a page for every norm, an index, and nothing else', () => {
    expect(readdirSync(folder).sort()).toEqual([...made.keys()].sort());
    expect(made.size).toBe(registry.length + 1);
  });

  it.each([...made.keys()])('%s', (file) => {
    expect(made.get(file)).toBe(onDisk(file));
  });
});

describe.each(registry.map(({ name }) => name))('the page of %s', (name) => {
  const page = made.get(`${name}.md`)!;

  it('has the formula, the derivation, an example, traps and the paper', () => {
    for (const heading of ['Formula and derivation', 'Worked example', 'Traps', 'Paper']) {
      expect(page).toContain(`## ${heading}\n`);
    }
    expect(page).toMatch(/^Forward/m);
    expect(page).toMatch(/^Backward/m);
  });
});

it('has defaults only of norms that exist', () => {
  for (const name of Object.keys(frameworkDefaults)) expect(findNorm(name).name).toBe(name);
});
