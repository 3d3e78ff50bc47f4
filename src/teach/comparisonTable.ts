import { renderTable } from '../charts/table.ts';
import type { TerminalColors } from '../charts/terminalColors.ts';
import { displayWidth, wrapWords } from '../charts/text.ts';
import type { Comparison } from './comparison.ts';
import { greek } from './numbers.ts';

/** The columns and their widths in a table of 100 characters; in narrower tables the widest give way. */
const columns: readonly { head: string; width: number; of: (row: Comparison) => string }[] = [
  { head: 'norm', width: 20, of: ({ name }) => name },
  { head: 'one set S_i =', width: 22, of: ({ sets }) => sets },
  { head: 'm', width: 7, of: ({ m }) => m ?? '–' },
  { head: 'removes', width: 12, of: ({ removes }) => removes },
  { head: 'batch', width: 5, of: ({ dependsOnBatch }) => (dependsOnBatch === 'never' ? 'no' : 'train') },
  { head: 'batch 1', width: 9, of: ({ batchOfOne }) => batchOfOne.split(';')[0] },
  { head: 'learns', width: 13, of: ({ parameters }) => greek(parameters.replace(/ \[[^\]]*\]/g, '')) },
];

/** All norms beside each other, in a terminal of 80 to 100 columns; in a narrower one, one below the other. */
export function renderComparison(rows: readonly Comparison[], width: number, colors: TerminalColors): string {
  if (width < 80) {
    const cells = rows.map((row) => columns.map(({ of }) => of(row)));
    const notes = legend.flatMap((text) => wrapWords(text, width));
    return [renderTable(columns, cells, { width, colors }), '', ...notes].join('\n');
  }
  const widths = columns.map((column) => column.width);
  for (let excess = 100 - width; excess > 0; excess--) widths[widths.indexOf(Math.max(...widths.slice(1)))]--;
  const line = (cells: readonly string[]) => {
    // A name too long for its column is broken behind a hyphen
    const wrapped = cells.map((cell, i) =>
      wrapWords(i === 0 && cell.length > widths[0] ? cell.replace(/-(?=[^-]*$)/, '- ') : cell, widths[i]),
    );
    return Array.from({ length: Math.max(...wrapped.map(({ length }) => length)) }, (_, at) =>
      wrapped
        .map((lines, i) => (lines[at] ?? '') + ' '.repeat(widths[i] - displayWidth(lines[at] ?? '')))
        .join('  ')
        .trimEnd(),
    );
  };
  return [
    ...line(columns.map(({ head }) => head)).map(colors.bold),
    '─'.repeat(width),
    ...rows.flatMap((row) => line(columns.map(({ of }) => of(row)))),
    '',
    ...legend.flatMap((text) => wrapWords(text, width)),
  ].join('\n');
}

/** The same as a Markdown table; `link` turns a name into its page. */
export function renderComparisonMarkdown(
  rows: readonly Comparison[],
  link: (row: Comparison) => string = ({ name }) => name,
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(columns.map(({ head }) => head)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map(({ of }, i) => (i === 0 ? link(row) : of(row))))),
    '',
    ...legend.map((text) => `* ${text}`),
  ].join('\n');
}

const legend = [
  'removes: directions of the gradient that never reach x (1: a common shift; x̂, x, w: a scaling), found in the Jacobian.',
  'm: values per set of x [N, H, W, C], with G groups; –: the norm is more than one standardization.',
  'batch: whether a sample sees the others of its batch, in training. batch 1: a batch of one vector, in training.',
];
