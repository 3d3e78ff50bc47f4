import type { TerminalColors } from '../charts/terminalColors.ts';
import { displayWidth, packed, wrapLines, wrapWords } from '../charts/text.ts';
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
  /** A command as it is to be typed; default: as it is, `normgrad explain layer`. */
  typed?: (command: string) => string;
}

const labelWidth = 29;
const cellWidth = 9;
const remarkWidth = 16;
const indent = '   ';
/** In fewer columns, numbers stand below their label. */
const wide = 80;
/** Lines of formulas, so that an explanation fits one screen. */
const mostFormulas = 9;

/** An explanation for a terminal: six numbered sections, the forward pass first. */
export function renderText(e: Explanation, options: TextOptions = {}): string {
  const { width = 100, step, paint, typed = (command) => command } = options;
  const room = width < wide ? 2 * perLine(width) : Math.floor((width - labelWidth - remarkWidth) / cellWidth);
  const columns = columnsFor(e, room);
  const formulas = e.picture ? 0 : mostFormulas;
  const page = { columns, width: width - indent.length, formulas, steady: false };
  const sections = sectionsOf(e, page).map((section, i) => sectionLines(section, i + 1, columns, width));
  const tries = e.tries.map(typed);
  const lines =
    step === undefined
      ? [...head(e, width), ...sections.flat(), ...foot(e, tries, width)]
      : sections[step - 1];
  return lines
    .map((line) => wrapLines(line, width, indent.length))
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
    return [
      ...rowLines(opening, first, columns, width),
      ...others.flatMap((item) => itemLines(item, columns, width)),
    ];
  }
  const lines = labelled(opening, about ?? '', width, width < wide ? indent.length : undefined);
  if (remarks && width >= wide)
    lines[0] = `${lines[0].padEnd(labelWidth + columns.elements.length * cellWidth)}  ${remarks}`;
  return [...lines, ...items.flatMap((item) => itemLines(item, columns, width))];
}

function itemLines(item: Item, columns: Columns, width: number): string[] {
  const indented = (lines: string[]) => lines.map((line) => indent + line);
  if (item.kind === 'lines') return indented(item.lines);
  if (item.kind === 'facts') return indented(packed(item.texts, width - indent.length, '      '));
  if (item.kind === 'says') return labelled(indent, item.text, width, 2 * indent.length);
  const [before, across] =
    width < wide
      ? [indent.length + 1, Math.min(columns.elements.length, perLine(width))]
      : [labelWidth + 1, columns.elements.length];
  const line = ' '.repeat(before) + '─'.repeat(across * cellWidth - 1);
  return [...(item.isSum ? [line] : []), ...rowLines(indent, item, columns, width)];
}

/** How many numbers stand side by side where they have lines of their own. */
function perLine(width: number): number {
  return Math.floor((width - indent.length) / cellWidth);
}

/** A label, the numbers of one quantity, and a remark at the right, or the numbers below. */
function rowLines(
  before: string,
  { label, values, remark = '' }: Row,
  columns: Columns,
  width: number,
): string[] {
  const { elements } = columns;
  const cells = elements.map(({ at, set }, i) => {
    const opensSet = i > 0 && elements[i - 1].set !== set;
    return (opensSet ? '│' : ' ') + number(values?.[at] ?? 0).padStart(cellWidth - 1);
  });
  const named = before + label;
  if (width < wide) {
    const title = wrapLines([named, remark.trim()].filter(Boolean).join('   '), width, indent.length);
    const lines = values ? chunks(cells, perLine(width)).map((line) => indent + line.join('')) : [];
    return [...title.split('\n'), ...lines];
  }
  const padded = named + ' '.repeat(Math.max(0, labelWidth - displayWidth(named)));
  return [`${padded}${values ? cells.join('') : ''}${remark && `  ${remark}`}`.trimEnd()];
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** A label, and text wrapped beside it; further lines begin at the column `next`. */
function labelled(label: string, text: string, width: number, next = displayWidth(label)): string[] {
  const words = wrapWords(text, width - displayWidth(label));
  const rest = words.slice(1).join(' ');
  return [label + (words[0] ?? ''), ...wrapWords(rest, width - next).map((line) => ' '.repeat(next) + line)];
}

function foot(e: Explanation, tries: readonly string[], width: number): string[] {
  const notes = e.notes.flatMap((note) => labelled('Note  ', note, width));
  const joined = `Try   ${tries.join('      ')}`;
  const lines =
    displayWidth(joined) <= width
      ? [joined]
      : tries.map((command, i) => `${i === 0 ? 'Try ' : '    '}  ${command}`);
  return [...notes, ...lines, ...(e.paper ? labelled('Paper ', e.paper, width) : [])];
}
