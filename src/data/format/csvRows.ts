import { grouped } from '../../errors.ts';
import type { NamedBytes } from '../dataset.ts';
import { invalidFile } from '../errors.ts';

export interface Row {
  /** Where it begins, counted from 1. */
  line: number;
  cells: string[];
}

/** The rows of a text with separators, empty lines left out. Cells are trimmed unless they are quoted; a quote in quotes is doubled. */
export function* readRows({ file, bytes }: NamedBytes): Generator<Row, undefined, undefined> {
  let separator: string | undefined;
  let row: (Row & { open: string }) | undefined;
  let line = 0;
  for (const text of readLines(file, bytes)) {
    line++;
    if (row === undefined && text.trim() === '') continue;
    separator ??= separatorOf(text);
    if (row === undefined && !text.includes('"')) {
      yield { line, cells: text.split(separator).map((cell) => cell.trim()) };
      continue;
    }
    const { cells, open } = readQuoted(text, separator, row?.open, `${file}: line ${line}`);
    const whole: Row = row ?? { line, cells: [] };
    whole.cells.push(...cells);
    // A line break in quotes belongs to the cell.
    requireShort(file, open ?? '');
    row = open === undefined ? undefined : { ...whole, open: `${open}\n` };
    if (row === undefined) yield whole;
  }
  if (row === undefined) return undefined;
  const todo = 'Quotes that belong to a text are doubled, and stand in quotes.';
  throw invalidFile(
    `${file}: line ${row.line}`,
    'a quote that does not end',
    'another one behind the text',
    todo,
  );
}

/** The cells that end in a line; `open` is what a quoted one has so far that goes on in the next line. */
function readQuoted(text: string, separator: string, open: string | undefined, where: string) {
  const cells: string[] = [];
  let cell = open;
  let at = 0;
  for (;;) {
    if (cell === undefined) {
      const begin = at + text.slice(at).search(/[^ ]|$/);
      if (text[begin] === '"') {
        cell = '';
        at = begin + 1;
      }
    }
    const end = text.indexOf(separator, at);
    if (cell === undefined) {
      cells.push(text.slice(at, end < 0 ? undefined : end).trim());
      if (end < 0) return { cells };
      at = end + 1;
      continue;
    }
    const quote = text.indexOf('"', at);
    if (quote < 0) return { cells, open: cell + text.slice(at) };
    cell += text.slice(at, quote);
    at = quote + 1;
    if (text[at] === '"') {
      cell += '"';
      at++;
      continue;
    }
    cells.push(cell);
    cell = undefined;
    const next = text.indexOf(separator, at);
    const rest = text.slice(at, next < 0 ? undefined : next);
    if (rest.trim() !== '') {
      const todo = 'Quotes that belong to a text are doubled, and stand in quotes.';
      throw invalidFile(where, `${rest.trim().slice(0, 20)} behind a quote`, 'the end of the cell', todo);
    }
    if (next < 0) return { cells };
    at = next + 1;
  }
}

/** What the line has most of; a comma, where it has nothing of the kind. */
function separatorOf(text: string): string {
  const bare = text.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t'].map((each) => [bare.split(each).length, each] as const);
  return counts.reduce((best, each) => (each[0] > best[0] ? each : best))[1];
}

const CHUNK = 2 ** 20;
/** Of a line, and of a cell that has several. */
const LONGEST = 16 * CHUNK;

/** Line by line, because a whole file may be longer than a string can be. */
function* readLines(file: string, bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const lines = decoder.decode(bytes.subarray(at, at + CHUNK), { stream: true }).split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    requireShort(file, rest);
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

function requireShort(file: string, text: string): void {
  if (text.length <= LONGEST) return;
  const came = `a line or a cell of more than ${grouped(LONGEST)} characters`;
  throw invalidFile(file, came, 'rows in lines', 'Check that this is a table as text, with its line breaks.');
}
