import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NormEntry } from '../nn/norm/registry.ts';
import type { CodeExcerpt } from './explanation.ts';

/**
 * The project's own source, read while it runs: the TypeScript in a clone, the compiled JavaScript (comments and all) in the
 * npm package. What is shown is what was executed.
 */
const here = fileURLToPath(import.meta.url);
const ending = extname(here);
const src = join(dirname(here), '..');
/** The same folder, as seen from the package's own. */
const shownSrc = ending === '.ts' ? 'src' : 'dist/src';

/** The file of a norm, and its lines; null where the source is not there (a bundle). */
export function normSource(entry: NormEntry): { file: string; lines: string[] } | null {
  const folder = join(src, 'nn', 'norm');
  if (!existsSync(folder)) return null;
  const name = entry.build(4, { groups: 1 }).constructor.name;
  const declares = new RegExp(`\\bclass ${name}\\b`);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith(ending) || file.endsWith('.d.ts')) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    if (declares.test(text)) return { file: `${shownSrc}/nn/norm/${file}`, lines: text.split(/\r?\n/) };
  }
  return null;
}

/** The derivation: the long doc comment that opens a norm's file, without its stars. */
export function derivationOf(entry: NormEntry): string[] {
  const source = normSource(entry);
  if (!source) return [];
  const comments = [...source.lines.join('\n').matchAll(/\/\*\*\n([\s\S]*?)\n\s*\*\//g)].map(([, body]) =>
    body.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd()),
  );
  return comments.find((lines) => lines.some((line) => /^(Forward|Backward)\b/.test(line))) ?? [];
}

/** The lines of the backward pass: the shared core's, or those of the norm's own file. */
export function backwardCode(entry: NormEntry, standardization: boolean): CodeExcerpt[] {
  const core = `kernels/reference/standardize${ending}`;
  if (standardization && existsSync(join(src, core))) {
    const lines = readFileSync(join(src, core), 'utf8').split(/\r?\n/);
    return [{ file: `${shownSrc}/${core}`, lines: coreLines(lines) }];
  }
  const source = normSource(entry);
  if (!source) return [];
  const own = recordedLines(source.lines);
  if (own.length > 0) return [{ file: source.file, lines: own }];
  // Norms that are variants of one another keep what they share in a file beside theirs
  for (const [, sibling] of source.lines.join('\n').matchAll(/from '\.\/(\w+)\.(?:ts|js)'/g)) {
    const lines = readFileSync(join(src, '..', dirname(source.file), sibling + ending), 'utf8').split(
      /\r?\n/,
    );
    const shared = recordedLines(lines);
    if (shared.length > 0) return [{ file: `${dirname(source.file)}/${sibling}${ending}`, lines: shared }];
  }
  return [];
}

/** Of the core's loops: the sums, and dx from them. The statements, from their first line to the semicolon. */
const coreStatements = [
  /^\s*sumG\[set\] \+=/,
  /^\s*sumGXHat\[set\] \+=/,
  /^\s*const meanTerm =/,
  /^\s*const varianceTerm =/,
  /^\s*dx\.data\[at\] =/,
];

function coreLines(lines: readonly string[]) {
  return coreStatements.flatMap((start) => {
    const first = lines.findIndex((line) => start.test(line));
    if (first < 0) return [];
    const last = lines.findIndex((line, i) => i >= first && line.trimEnd().endsWith(';'));
    return numbered(lines, first, last);
  });
}

/**
 * From where a norm puts its operation on the graph to the closing parenthesis: the backward stands in there. The forward
 * method of a norm that is composed of other operations, whose backward is theirs.
 */
function recordedLines(lines: readonly string[]) {
  const calls = [/\brecord\(/, /\bstandardizeBy\(/, /\bstandardize\(/, /^ {2,4}forward\(/];
  for (const call of calls) {
    const blocks = lines.flatMap((line, first) =>
      call.test(line) && !/^\s*(\*|import|export function|function)/.test(line)
        ? [blockFrom(lines, first)]
        : [],
    );
    // Evaluation may have a call of its own, which is shorter
    if (blocks.length > 0) return blocks.reduce((a, b) => (b.length > a.length ? b : a));
  }
  return [];
}

/** From a line to the one that closes its last parenthesis. */
function blockFrom(lines: readonly string[], first: number) {
  let depth = 0;
  let last = first;
  for (; last < lines.length; last++) {
    for (const character of lines[last]) {
      if ('([{'.includes(character)) depth++;
      if (')]}'.includes(character)) depth--;
    }
    if (depth <= 0) break;
  }
  return numbered(lines, first, last);
}

/** Lines first to last, without the indentation of the first. */
function numbered(lines: readonly string[], first: number, last: number) {
  const indent = lines[first].search(/\S/);
  return lines
    .slice(first, last + 1)
    .map((text, i) => ({ number: first + i + 1, text: text.slice(Math.min(indent, text.search(/\S|$/))) }));
}
