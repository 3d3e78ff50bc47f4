import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Whatever a page points to is there: files, and the headings in them. */
const root = join(import.meta.dirname, '..', '..');

function markdownIn(folder: string, named = /\.md$/): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => named.test(file))
    .map((file) => join(folder, file));
}

const files = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs'), ...markdownIn('src', /README\.md$/)];

/** The text of a page without code, in which brackets and hashes mean something else. */
function prose(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/^```.*?^```/gms, '');
}

function linksOf(file: string): string[] {
  const text = prose(file).replace(/`[^`\n]*`/g, 'code');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]);
}

/** As GitHub names the headings of a page: letters, digits and hyphens, and a number where a heading comes again. */
function anchorsOf(file: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...prose(file).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const slug = words
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  return new Set(anchors);
}

/** What is wrong with a link; null: nothing. */
function wrong(file: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null;
  const [path, anchor] = link.split('#');
  const target = path === '' ? file : relative(root, resolve(root, dirname(file), decodeURI(path)));
  if (target.startsWith('..')) return `${link} leads out of the repository`;
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined) return null;
  if (statSync(join(root, target)).isDirectory() || !target.endsWith('.md'))
    return `${link}: an anchor needs a page`;
  return anchorsOf(target).has(anchor) ? null : `${link}: ${target} has no heading #${anchor}`;
}

describe('every relative link leads somewhere', () => {
  it.each(files)('%s', (file) => {
    expect(linksOf(file).flatMap((link) => wrong(file, link) ?? [])).toEqual([]);
  });

  it('and the test sees one that does not', () => {
    expect(wrong('README.md', 'docs/nothing.md')).toContain('there is no docs/nothing.md');
    expect(wrong('README.md', 'docs/mathematics.md#nothing')).toContain('no heading #nothing');
    expect(wrong('README.md', 'docs/mathematics.md#notation')).toBeNull();
    expect(linksOf('README.md')).toContain('docs/norms/README.md');
  });
});
