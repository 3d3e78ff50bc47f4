import type { TerminalColors } from '../charts/terminalColors.ts';
import { displayWidth, packed, truncate, wrapWords } from '../charts/text.ts';
import { type Columns, columnsFor } from './columns.ts';
import type { Explanation } from './explanation.ts';
import { number } from './numbers.ts';
import { aboutNorm, type Item, type Row, type Section, sectionsOf } from './sections.ts';

export interface TextOptions {
  /** Columns that no line exceeds. */
  width?: number;
  /** 1 to 6: that section alone. */
  step?: number;
  paint?: Pick<TerminalColors, 'bold' | 'green' | 'red'>;
}

const labelWidth = 29;
const cellWidth = 9;
const remarkWidth = 16;
const indent = '   ';
/** Lines of formulas, so that an explanation fits one screen. */
const mostFormulas = 9;

/** An explanation for a terminal: six numbered sections, the forward pass first. */
export function renderText(e: Explanation, { width = 100, step, paint }: TextOptions = {}): string {
  const columns = columnsFor(e, Math.max(2, Math.floor((width - labelWidth - remarkWidth) / cellWidth)));
  const formulas = e.picture ? 0 : mostFormulas;
  const room = { columns, width: width - indent.length, formulas, steady: false };
  const sections = sectionsOf(e, room).map((section, i) => sectionLines(section, i + 1, columns, width));
  const lines =
    step === undefined ? [...head(e, width), ...sections.flat(), ...foot(e, width)] : sections[step - 1];
  return lines
    .map((line) => truncate(line, width))
    .map((line) => (paint ? decorate(line, paint) : line))
    .join('\n');
}

/** Bold section heads, green and red marks. */
function decorate(line: string, paint: NonNullable<TextOptions['paint']>): string {
  return line
    .replace(/^[1-6] [A-Z ]+/, (title) => paint.bold(title))
    .replace(/✓/g, paint.green('✓'))
    .replace(/✗/g, paint.red('✗'))
    .replace(/^(Try|Paper|Note)\b/, (word) => paint.bold(word));
}

function head(e: Explanation, width: number): string[] {
  const first = `${e.title}   ${e.formula[0] ?? ''}`.trimEnd();
  const fits = e.formula.length === 1 && displayWidth(first) <= width;
  const formula = e.formula.flatMap((line) => wrapWords(line, width - indent.length));
  const lines = fits ? [first] : [e.title, ...formula.map((line) => indent + line)];
  return [...lines, ...wrapWords(aboutNorm(e), width), ''];
}

/** The number and the title, beside these what the section is about or else its first row, and the rest below. */
function sectionLines(section: Section, at: number, columns: Columns, width: number): string[] {
  const { title, about, remarks, items } = section;
  const opening = `${at} ${title.toUpperCase()}  `.padEnd(13);
  const [first, ...others] = items;
  if (about === undefined && first?.kind === 'row') {
    return [rowLine(opening, first, columns), ...others.flatMap((item) => itemLines(item, columns, width))];
  }
  const lines = labelled(opening, about ?? '', width);
  if (remarks) lines[0] = `${lines[0].padEnd(labelWidth + columns.elements.length * cellWidth)}  ${remarks}`;
  return [...lines, ...items.flatMap((item) => itemLines(item, columns, width))];
}

function itemLines(item: Item, columns: Columns, width: number): string[] {
  const indented = (lines: string[]) => lines.map((line) => indent + line);
  if (item.kind === 'lines') return indented(item.lines);
  if (item.kind === 'facts') return indented(packed(item.texts, width - indent.length, '      '));
  if (item.kind === 'says') return labelled(indent, item.text, width, 2 * indent.length);
  const line = ' '.repeat(labelWidth + 1) + '─'.repeat(columns.elements.length * cellWidth - 1);
  return [...(item.isSum ? [line] : []), rowLine(indent, item, columns)];
}

/** A label, the numbers of one quantity, and a remark at the right. */
function rowLine(before: string, { label, values, remark = '' }: Row, { elements }: Columns): string {
  const cells = elements.map(({ at, set }, i) => {
    const opensSet = i > 0 && elements[i - 1].set !== set;
    return (opensSet ? '│' : ' ') + number(values?.[at] ?? 0).padStart(cellWidth - 1);
  });
  const named = before + label;
  const padded = named + ' '.repeat(Math.max(0, labelWidth - displayWidth(named)));
  return `${padded}${values ? cells.join('') : ''}${remark && `  ${remark}`}`.trimEnd();
}

/** A label, and text wrapped beside it; further lines begin at the column `next`. */
function labelled(label: string, text: string, width: number, next = displayWidth(label)): string[] {
  const words = wrapWords(text, width - displayWidth(label));
  const rest = words.slice(1).join(' ');
  return [label + (words[0] ?? ''), ...wrapWords(rest, width - next).map((line) => ' '.repeat(next) + line)];
}

function foot(e: Explanation, width: number): string[] {
  const notes = e.notes.flatMap((note) => labelled('Note  ', note, width));
  const joined = `Try   ${e.tries.join('      ')}`;
  const tries =
    displayWidth(joined) <= width
      ? [joined]
      : e.tries.map((command, i) => `${i === 0 ? 'Try ' : '    '}  ${command}`);
  return [...notes, ...tries, `Paper ${e.paper}`];
}
