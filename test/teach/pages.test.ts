import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { registry } from '../../src/nn/norm/registry.ts';
import { pages } from '../../src/teach/pages.node.ts';

const folder = join(fileURLToPath(new URL('../..', import.meta.url)), 'docs', 'norms');
const made = pages();
const onDisk = (file: string) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');

describe('docs/norms is what the source makes; if not: npm run docs', () => {
  it('has a page for every norm, its pictures, an index, and nothing else', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
      file.replaceAll('\\', '/'),
    );
    expect(files.filter((file) => file !== 'pictures').sort()).toEqual([...made.keys()].sort());
    expect([...made.keys()].filter((file) => file.endsWith('.md'))).toHaveLength(registry.length + 1);
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

describe('the pictures', () => {
  const pictures = [...made].filter(([file]) => file.endsWith('.svg'));

  it('are small, and load nothing', () => {
    for (const [file, svg] of pictures) {
      expect(svg.length, file).toBeLessThan(20_000);
      expect(svg, file).not.toMatch(/href|url\(|@import|<script/);
    }
  });

  it('are each shown by the page of its norm', () => {
    for (const [file] of pictures) {
      expect(made.get(file.replace(/^pictures\/(.*)-(sets|paths)\.svg$/, '$1.md')), file).toContain(
        `](${file})`,
      );
    }
  });

  it('have the sets of all norms that couple elements, and the paths of plain standardizations', () => {
    const of = (kind: string) =>
      pictures.filter(([file]) => file.endsWith(`-${kind}.svg`)).map(([file]) => file);
    expect(of('sets')).not.toContain('pictures/dyt-sets.svg');
    expect(of('sets').length).toBe(registry.length - 4);
    expect(of('paths')).toContain('pictures/batch-paths.svg');
    expect(of('paths')).not.toContain('pictures/grn-paths.svg');
  });
});
