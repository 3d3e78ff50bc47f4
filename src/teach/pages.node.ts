import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NormEntry } from '../nn/norm/registry.ts';
import { registry } from '../nn/norm/registry.ts';
import { type Comparison, compareNorms } from './comparison.ts';
import { renderComparisonMarkdown } from './comparisonTable.ts';
import { derivationOf } from './derivation.ts';
import { explainNorm } from './explain.ts';
import type { Explanation } from './explanation.ts';
import { fence, renderMarkdown } from './markdown.ts';
import { greek } from './numbers.ts';
import { commandName, isOurs } from './origin.ts';
import { panelsOf } from './pageAddress.ts';
import { pathsPicture } from './pathsPicture.ts';
import { exampleShapes, setsPicture } from './setsPicture.ts';
import { createSubject } from './subject.ts';

/**
 * docs/norms: a page for every norm of the registry, from the formulas of its file as they ran, its numbers, what it says of
 * itself, and its pictures. Nothing in there is written by hand, and test/teach/pages.test.ts compares the files with what this makes.
 */
export function pages(): Map<string, string> {
  const comparisons = compareNorms(registry);
  return new Map([
    ['README.md', indexPage(comparisons)],
    ...registry.flatMap((entry, i) => pageAndPictures(entry, comparisons[i])),
  ]);
}

/**
 * Writes all pages, and removes those of norms that are no longer there; or the page of one norm, and leaves the others. Returns the
 * names of the pages.
 */
export function writePages(folder: string, only?: NormEntry): string[] {
  const made = only ? new Map(pageAndPictures(only, compareNorms([only])[0])) : pages();
  mkdirSync(join(folder, pictures), { recursive: true });
  if (!only) removeOthers(folder, made);
  for (const [file, text] of made) writeFileSync(join(folder, file), text);
  return [...made.keys()].filter((file) => file.endsWith('.md'));
}

function removeOthers(folder: string, made: ReadonlyMap<string, string>): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.(md|svg)$/.test(file) && !made.has(file.replaceAll('\\', '/'))) rmSync(join(folder, file));
  }
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
  const explanation = explainNorm(entry, {});
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
  const { title, paper, traps } = entry;
  const sections: [string, string[]][] = [
    ['Formula and derivation', formulas(entry)],
    [
      'Who shares statistics',
      [...facts(entry, row), ...(shown.sets ? ['', shown.sets, '', ...legend(entry)] : [])],
    ],
    [
      'Worked example',
      [
        `The numbers of \`normgrad explain ${commandName(entry)}\`, in float64.`,
        '',
        renderMarkdown(explanation, { level: 3, steady: true, picture: shown.paths ?? undefined }),
      ],
    ],
    ['Defaults across frameworks', defaults(entry)],
    ['Traps', traps.map((trap) => `* ${plain(trap)}`)],
    ['Paper', paper === '' ? [] : [linked(paper)]],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => [`## ${heading}`, '', ...lines].join('\n'));
  const madeBy = isOurs(entry)
    ? origin
    : `<!-- Made by \`normgrad explain ${commandName(entry)} --docs FOLDER\` from that file. -->`;
  const opening = [madeBy, `# ${title}`, '', `\`--norm ${commandName(entry)}\``, ...seen(entry, explanation)];
  return `${[opening.join('\n'), ...body].join('\n\n')}\n`;
}

/** Where the interactive page shows it. A user's norm is not on it. */
function seen(entry: NormEntry, explanation: Explanation): string[] {
  if (!isOurs(entry)) return [];
  const links = panelsOf(explanation).map(({ title, address }) => `[${title}](${address})`);
  return ['', `To be moved by hand, while \`normgrad play\` runs: ${links.join(', ')}.`];
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

/** What ran, forward and backward; and which paths of dx evaluation leaves, where it differs from training. */
function formulas(entry: NormEntry): string[] {
  const request = { shape: exampleShapes[entry.kind] };
  const { forward, backward, file } = derivationOf(createSubject(entry, request));
  const lines = ['Forward', ...forward.map(indented), 'Backward', ...backward.map(indented)];
  if (entry.dependsOnBatch === 'training') {
    const evaluated = derivationOf(createSubject(entry, { ...request, mode: 'eval' })).backward;
    const ofX = (line: string) => /^(dx =| {3}[-+])/.test(line);
    const same = evaluated.filter(ofX).join() === backward.filter(ofX).join();
    const changed = evaluated.filter((line) => (ofX(line) ? !same : !backward.includes(line)));
    lines.push('Evaluation, with running statistics', ...changed.map(indented));
  }
  const axes = lines.some((line) => /\b(sum|mean)_/.test(line))
    ? '; with axes, mean_np, over these of x read as [n, p, g, k]: samples, positions, groups, channels of a group'
    : '';
  return [fence(lines), '', ...printedBy(file), `sum and mean are over the index set of m values${axes}.`];
}

function printedBy(file: string): string[] {
  if (file === '') return [];
  return [`Printed by ${file.startsWith('src/') ? `[${file}](../../${file})` : `\`${file}\``} as it ran.`];
}

const indented = (line: string) => `  ${line}`;

/** Without what Markdown would take for markup. */
function plain(text: string): string {
  return text.replace(/([*_<>|])/g, '\\$1').trim();
}

function facts(
  entry: NormEntry,
  { sets, m, removes, parameters, dependsOnBatch, batchOfOne }: Comparison,
): string[] {
  const directions = 'Directions of the gradient';
  // Beside a page of one's own there is no such file
  const linked = isOurs(entry) ? `[${directions}](../mathematics.md#the-same-as-a-projection)` : directions;
  return [
    ...(sets ? [`* Index set: ${sets}${m ? `; m = ${m}` : ''}.`] : []),
    `* Learned: ${greek(parameters)}.`,
    `* ${linked} that never reach x: ${removes}.`,
    `* Sees the other samples of the batch: ${dependsOnBatch === 'never' ? 'never' : 'in training'}.`,
    `* A batch of one, in training: ${batchOfOne}.`,
  ];
}

function defaults({ defaults: rows }: NormEntry): string[] {
  if (rows.length === 0) return [];
  return ['| where | default |', '| --- | --- |', ...rows.map(({ where, says }) => `| ${where} | ${says} |`)];
}

function linked(paper: string): string {
  return paper.replace(/arXiv:(\d{4}\.\d{4,5})/g, '[arXiv:$1](https://arxiv.org/abs/$1)');
}
