import { type Columns, columnsFor } from './columns.ts';
import type { Explanation } from './explanation.ts';
import { number } from './numbers.ts';
import { aboutNorm, type Row, type Section, sectionsOf } from './sections.ts';

export interface MarkdownOptions {
  /** 1 to 6: that section alone. */
  step?: number;
  /** Level of the headings; default: 2. */
  level?: number;
  /** For files under version control: bounds instead of rounding errors. */
  steady?: boolean;
  /** A line under the table of the paths: the link to their picture. */
  picture?: string;
}

const mostColumns = 8;

/** An explanation as Markdown: the same six sections as in the terminal. */
export function renderMarkdown(
  e: Explanation,
  { step, level = 2, steady = false, picture }: MarkdownOptions = {},
): string {
  const columns = columnsFor(e, mostColumns);
  const sections = sectionsOf(e, { columns, width: 100, formulas: Number.POSITIVE_INFINITY, steady });
  const written = sections.map((section, i) =>
    [`${'#'.repeat(level)} ${i + 1} ${section.title}`, ...blocks(section, columns)]
      .concat(i === 2 && picture ? picture : [])
      .join('\n\n'),
  );
  if (step !== undefined) return written[step - 1];
  const head =
    steady || level === 1 ? [] : [`${'#'.repeat(level - 1)} ${e.title}`, fence(e.formula), aboutNorm(e)];
  const tail = steady ? [] : [`Try: ${e.tries.map((line) => `\`${line}\``).join(', ')}`, `Paper: ${e.paper}`];
  const notes = e.notes.map((note) => `> Note: ${note}`).join('\n');
  return [...head, ...written, notes, ...tail].filter(Boolean).join('\n\n');
}

export function fence(lines: readonly string[]): string {
  return ['```', ...lines, '```'].join('\n');
}

/** What a section is about, its rows as one table, what it says as a list, and its lines. */
function blocks({ about, remarks = '', items }: Section, columns: Columns): string[] {
  const rows = items.filter((item) => item.kind === 'row');
  const points = items.flatMap((item) =>
    item.kind === 'facts' ? item.texts : item.kind === 'says' ? [item.text.replace(/:$/, '')] : [],
  );
  const fixed = items.flatMap((item) => (item.kind === 'lines' ? item.lines : []));
  return [
    about ?? '',
    rows.length > 0 ? table(rows, remarks, columns) : '',
    points.map((point) => `* ${point}`).join('\n'),
    fixed.length > 0 ? fence(fixed) : '',
  ].filter(Boolean);
}

/** Quantities below each other, a column for each element; remarks stand in a column of their own. */
function table(rows: Row[], remarks: string, { elements, sets }: Columns): string {
  const remarked = rows.some(({ remark }) => remark);
  const line = (cells: string[], last: string) =>
    `| ${[...cells, ...(remarked ? [last] : [])].join(' | ')} |`;
  const heads = elements.map(({ set }) => (sets > 1 ? `set ${set + 1}` : ' '));
  return [
    line(['', ...heads], remarks),
    line(['---', ...elements.map(() => '---:')], '---:'),
    ...rows.map(({ label, values, remark = '', isSum }) => {
      const name = label.replace(/ {3,}/, ': ');
      const numbers = elements.map(({ at }) => (values ? number(values[at]) : ''));
      return line([isSum ? `**${name}**` : name, ...numbers], remark.trim().replace(/ +/g, ' '));
    }),
  ].join('\n');
}
