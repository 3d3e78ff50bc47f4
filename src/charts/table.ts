import Table from 'cli-table3';
import { formatSummaries, type Summary } from './statistics.ts';
import { type TerminalColors, terminalColors } from './terminalColors.ts';
import { displayWidth, longestPart, singleLine, wrapWords } from './text.ts';

export interface TableColumn {
  head: string;
  /** Default left; numbers read better on the right. */
  align?: 'left' | 'right';
  /** Colours the text of its cells. A cell itself is plain: what is no character of it is taken out. */
  paint?: (text: string) => string;
}

export interface TableOptions {
  /** Columns of the terminal that no line exceeds: wider cells are broken into lines. Default 80. */
  width?: number;
  /** From `terminalColors`; by default those that suit stdout. */
  colors?: TerminalColors;
  /** Borders of ASCII characters. */
  ascii?: boolean;
}

const ASCII_BORDERS = {
  top: '-',
  'top-mid': '+',
  'top-left': '+',
  'top-right': '+',
  bottom: '-',
  'bottom-mid': '+',
  'bottom-left': '+',
  'bottom-right': '+',
  left: '|',
  'left-mid': '+',
  mid: '-',
  'mid-mid': '+',
  right: '|',
  'right-mid': '+',
  middle: '|',
};

/**
 * A table with one rule, under its head. Where its columns cannot be narrowed so far without a word being broken, its rows stand one
 * below the other, with a line for each cell. Without a newline at the end.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const { width = 80, ascii = false, colors = terminalColors({ stream: process.stdout }) } = options;
  const heads = columns.map(({ head }) => singleLine(head));
  const cells = rows.map((row) => columns.map((_, i) => singleLine(row[i] ?? '')));
  const natural = heads.map((head, i) =>
    Math.max(displayWidth(head), ...cells.map((row) => displayWidth(row[i]))),
  );
  // Beside its text, a cell has a space on both sides and one border; the table has one border more.
  const smallest = heads.map((head, i) =>
    Math.max(...[head, ...cells.map((row) => row[i])].map(longestPart)),
  );
  const paint = (text: string, i: number) => (text === '' ? '' : (columns[i].paint?.(text) ?? text));
  const widths = narrow(natural, smallest, width - 3 * columns.length - 1);
  if (widths === undefined) return stacked(heads, cells, paint, { width, ascii, colors });
  const table = new Table({
    head: heads.map((head, i) => wrapWords(head, widths[i]).map(colors.bold).join('\n')),
    colWidths: widths.map((content) => content + 2),
    colAligns: columns.map(({ align = 'left' }) => align),
    // cli-table3 would colour by itself, whatever NO_COLOR says.
    style: { head: [], border: [] },
    chars: ascii ? ASCII_BORDERS : {},
  });
  table.push(
    ...cells.map((row) =>
      row.map((cell, i) =>
        wrapWords(cell, widths[i])
          .map((line) => paint(line, i))
          .join('\n'),
      ),
    ),
  );
  const rule = ascii ? '+' : '├';
  let rules = 0;
  return table
    .toString()
    .split('\n')
    .filter((line, i, { length }) => !line.startsWith(rule) || i === 0 || i === length - 1 || rules++ === 0)
    .join('\n');
}

/**
 * A table of results: a row per `rows`, a column per `columns`, in every cell `mean ± std` of what `summaryOf` gives,
 * with the same number of decimals in a whole column. Where all cells have the same n, the table does not repeat it;
 * say it in the title.
 */
export function renderSummaryTable(
  corner: string,
  rows: readonly string[],
  columns: readonly string[],
  summaryOf: (row: string, column: string) => Summary,
  options: TableOptions = {},
): string {
  const cells = formatSummaries(rows.map((row) => columns.map((column) => summaryOf(row, column))));
  return renderTable(
    [{ head: corner }, ...columns.map((head) => ({ head, align: 'right' as const }))],
    rows.map((row, i) => [row, ...cells[i]]),
    options,
  );
}

/** Takes columns of text from the widest column that has some to give, until all fit into `room`; undefined where they do not. */
function narrow(widths: number[], smallest: readonly number[], room: number): number[] | undefined {
  const result = [...widths];
  for (let excess = result.reduce((a, b) => a + b, 0) - room; excess > 0; excess--) {
    const widest = Math.max(...result.filter((each, i) => each > smallest[i]));
    if (widest === Number.NEGATIVE_INFINITY) return undefined;
    result[result.findIndex((each, i) => each === widest && each > smallest[i])]--;
  }
  return result;
}

/** `head  cell`, a line for each cell that is not empty, and a rule between the rows. */
function stacked(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number) => string,
  { width, ascii, colors }: Required<TableOptions>,
): string {
  const first = Math.min(Math.max(...heads.map(displayWidth)), Math.floor(width / 2));
  const rule = (ascii ? '-' : '─').repeat(width);
  const blocks = rows.map((row) =>
    heads.flatMap((head, i) => {
      const [names, values] = [wrapWords(head, first), wrapWords(row[i], width - first - 2)];
      if (values.length === 0) return [];
      return Array.from({ length: Math.max(names.length, values.length) }, (_, line) => {
        const name = names[line] ?? '';
        return `${colors.bold(name)}${' '.repeat(first - displayWidth(name))}  ${paint(values[line] ?? '', i)}`.trimEnd();
      });
    }),
  );
  return [rule, ...blocks.flatMap((block) => [...block, rule])].join('\n');
}
