import { displayWidth, wrapWords } from '../charts/text.ts';
import type { Explanation } from './explanation.ts';
import { number } from './numbers.ts';

/** Which elements of x have a column, and where these stand. */
export interface Columns {
  /** Flat indices, set by set. */
  elements: { at: number; opensSet: boolean }[];
  /** Sets that are shown in full or in part. */
  sets: number;
  /** Elements without a column. */
  hidden: number;
  /** The rule above a sum. */
  line: string;
}

const labelWidth = 29;
const cellWidth = 9;
const remarkWidth = 16;

/** As many whole sets as the width has room for; of a set that is too long, its beginning. */
export function columnsFor(e: Explanation, width: number): Columns {
  const room = Math.max(2, Math.floor((width - labelWidth - remarkWidth) / cellWidth));
  const sets = e.standardization?.sets.map(({ members }) => members) ?? [e.x.map((_, i) => i)];
  const whole = Math.max(1, Math.floor(room / sets[0].length));
  const shown = sets.slice(0, whole).map((members) => members.slice(0, room));
  const elements = shown.flatMap((members, set) =>
    members.map((at, i) => ({ at, opensSet: set > 0 && i === 0 })),
  );
  const line = ' '.repeat(labelWidth + 1) + '─'.repeat(elements.length * cellWidth - 1);
  return { elements, sets: shown.length, hidden: e.x.length - elements.length, line };
}

/** A label, the numbers of one quantity, and a remark at the right. Labels without a section number are indented. */
export function row(label: string, columns: Columns, values: readonly number[], remark = ''): string {
  const indented = /^(\d| {3})/.test(label) ? label : `   ${label}`;
  const cells = columns.elements
    .map(({ at, opensSet }) => (opensSet ? '│' : ' ') + number(values[at]).padStart(cellWidth - 1))
    .join('');
  return `${pad(indented)}${cells}${remark === '' ? '' : `  ${remark}`}`.trimEnd();
}

/** A title over the label's column, and a word over the remarks. */
export function rule(title: string, columns: Columns, word: string): string {
  const end = labelWidth + columns.elements.length * cellWidth + 2;
  return `${title.padEnd(end - 2)}  ${word}`;
}

/** To the width of the labels' column. */
export function pad(text: string): string {
  return text + ' '.repeat(Math.max(0, labelWidth - displayWidth(text)));
}

/** A label, and text wrapped beside it. */
export function labelled(label: string, text: string, width: number, next = displayWidth(label)): string[] {
  const words = wrapWords(text, width - displayWidth(label));
  const rest = words.slice(1).join(' ');
  return [label + (words[0] ?? ''), ...wrapWords(rest, width - next).map((line) => ' '.repeat(next) + line)];
}
