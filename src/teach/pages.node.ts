import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NormEntry } from '../nn/norm/registry.ts';
import { registry } from '../nn/norm/registry.ts';
import { type Comparison, compareNorms } from './comparison.ts';
import { renderComparisonMarkdown } from './comparisonTable.ts';
import { explainNorm } from './explain.ts';
import type { Explanation } from './explanation.ts';
import { frameworkDefaults } from './frameworkDefaults.ts';
import { renderMarkdown } from './markdown.ts';
import { fence } from './markdownTable.ts';
import { greek } from './numbers.ts';
import { pathsPicture } from './pathsPicture.ts';
import { setsPicture } from './setsPicture.ts';
import { backwardCode, derivationOf, normSource } from './source.node.ts';

/**
 * docs/norms: a page for every norm of the registry, from its doc comment, its numbers and the table of defaults, and its
 * pictures. Nothing in there is written by hand, and test/teach/pages.test.ts compares the files with what this makes.
 */
export function pages(): Map<string, string> {
  const comparisons = compareNorms(registry);
  return new Map([
    ['README.md', indexPage(comparisons)],
    ...registry.flatMap((entry, i) => pageAndPictures(entry, comparisons[i])),
  ]);
}

/** Writes all pages, and removes those of norms that are no longer there. Returns the names of the pages. */
export function writePages(folder: string): string[] {
  const made = pages();
  mkdirSync(join(folder, pictures), { recursive: true });
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.(md|svg)$/.test(file) && !made.has(file.replaceAll('\\', '/'))) rmSync(join(folder, file));
  }
  for (const [file, text] of made) writeFileSync(join(folder, file), text);
  return [...made.keys()].filter((file) => file.endsWith('.md'));
}

const pictures = 'pictures';
const origin = '<!-- Made by `npm run docs` from the source. Change that instead. -->';

function indexPage(comparisons: readonly Comparison[]): string {
  return `${[
    origin,
    '# The norms',
    '',
    'One page each: formula, derivation, who shares statistics, a worked example with real numbers, defaults elsewhere, traps.',
    'The formulas that they share are derived in [the mathematics of a norm](../mathematics.md). The table is that of',
    '`normgrad explain --list`; its directions are measured on the layers.',
    '',
    renderComparisonMarkdown(comparisons, ({ name }) => `[${name}](${name}.md)`),
  ].join('\n')}\n`;
}

/** Files by name: the page, and the pictures that it shows. */
function pageAndPictures(entry: NormEntry, row: Comparison): [string, string][] {
  const { name, title } = entry;
  const explanation = explainNorm(entry, {}, { code: backwardCode, derivation: derivationOf });
  const sets = { file: `${pictures}/${name}-sets.svg`, svg: setsPicture(entry) };
  const paths = { file: `${pictures}/${name}-paths.svg`, svg: pathsPicture(explanation) };
  const shown = {
    sets: sets.svg && `![${title}: the set of one element, and the Jacobian](${sets.file})`,
    paths: paths.svg && `![${title}: the paths of the gradient, and their energies](${paths.file})`,
  };
  return [
    [`${name}.md`, page(entry, row, explanation, shown)],
    ...[sets, paths].flatMap(({ file, svg }): [string, string][] => (svg ? [[file, svg]] : [])),
  ];
}

function page(
  entry: NormEntry,
  row: Comparison,
  explanation: Explanation,
  shown: { sets: string | null; paths: string | null },
): string {
  const { name, title, paper } = entry;
  const { derivation, remarks, traps } = partsOf(derivationOf(entry));
  const sections: [string, string[]][] = [
    ['Formula and derivation', [...fence(derivation), ...sourceLink(entry)]],
    ['Who shares statistics', [...facts(row), ...(shown.sets ? ['', shown.sets, '', ...legend(entry)] : [])]],
    [
      'Worked example',
      [
        `The numbers of \`normgrad explain ${name}\`, in float64.`,
        '',
        renderMarkdown(explanation, { level: 3, steady: true, picture: shown.paths ?? undefined }),
      ],
    ],
    ['Defaults across frameworks', defaults(name)],
    ['Traps', traps],
    ['Paper', [linked(paper)]],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => [`## ${heading}`, '', ...lines].join('\n'));
  const opening = [
    origin,
    `# ${title}`,
    '',
    `\`--norm ${name}\``,
    ...(remarks.length > 0 ? ['', ...remarks] : []),
  ];
  return `${[opening.join('\n'), ...body].join('\n\n')}\n`;
}

/** What the picture of the sets shows. */
function legend({ kind, view }: NormEntry): string[] {
  const what =
    kind === 'weight'
      ? 'A weight of 6 inputs and 4 filters (f)'
      : 'x [4, 1, 3, 4]: samples n, channels c, 3 positions';
  const others = view ? 'the elements that share its statistics' : 'the elements that y_i depends on';
  return [
    `${what}. Left: one element i and ${others}. Right: the Jacobian, the derivative of every y (rows) by every x (columns), ` +
      `${kind === 'weight' ? 'filter by filter' : 'ordered by sample, channel, position'}; the stronger the colour, the larger. The framed row is that of y_i.`,
  ];
}

/** The labelled block of a doc comment; what is said around it; and the sentences from "Trap" on. */
function partsOf(comment: readonly string[]) {
  const first = comment.findIndex((line) => /^(Index set|Forward)\b/.test(line));
  if (first < 0) return { derivation: [], remarks: [], traps: [] };
  let end = first + 1;
  // Labels stand in the first column and their text to the right of them; blank lines may part them
  while (end < comment.length && /^(\s{3,}\S|[A-Z][a-z]+( [a-z]+)?\s{2,}\S|$)/.test(comment[end])) end++;
  const derivation = comment.slice(first, end).join('\n').trimEnd().split('\n');
  const after = comment.slice(end).join('\n');
  const at = after.search(/\bTraps?: /);
  const said = at < 0 ? after : after.slice(0, at);
  const traps = at < 0 ? '' : after.slice(at).replace(/^Traps?: /, '');
  const remarks = paragraphs(said);
  const items = traps.replaceAll('\n', ' ').split(/; |\. (?=[A-Z])/);
  return {
    derivation,
    remarks,
    traps: traps ? items.map((item) => `* ${sentence(plain(item))}`) : [],
  };
}

function paragraphs(text: string): string[] {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => plain(paragraph.replaceAll('\n', ' ').trim()))
    .filter(Boolean)
    .flatMap((paragraph, i) => (i === 0 ? [paragraph] : ['', paragraph]));
}

/** Without what Markdown would take for markup. */
function plain(text: string): string {
  return text.replace(/([*_<>|])/g, '\\$1').trim();
}

function sentence(text: string): string {
  const capital = /^[a-z]+ /.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function sourceLink(entry: NormEntry): string[] {
  const source = normSource(entry);
  return source ? ['', `From [${source.file}](../../${source.file}).`] : [];
}

function facts({ sets, m, removes, parameters, dependsOnBatch, batchOfOne }: Comparison): string[] {
  return [
    `* Index set: ${sets}${m ? `; m = ${m}` : ''}.`,
    `* Learned: ${greek(parameters)}.`,
    `* [Directions of the gradient](../mathematics.md#the-same-as-a-projection) that never reach x: ${removes}.`,
    `* Sees the other samples of the batch: ${dependsOnBatch === 'never' ? 'never' : 'in training'}.`,
    `* A batch of one, in training: ${batchOfOne}.`,
  ];
}

function defaults(name: string): string[] {
  const rows = frameworkDefaults[name] ?? [];
  if (rows.length === 0) return [];
  return ['| where | default |', '| --- | --- |', ...rows.map(({ where, says }) => `| ${where} | ${says} |`)];
}

function linked(paper: string): string {
  return paper.replace(/arXiv:(\d{4}\.\d{4,5})/g, '[arXiv:$1](https://arxiv.org/abs/$1)');
}
