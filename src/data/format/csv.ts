import { shown, unknownName } from '../../errors.ts';
import { checkOptions, requireFields } from '../../options.ts';
import type { Dataset, NamedBytes } from '../dataset.ts';
import { datasetOf } from '../datasetOf.ts';
import { invalidFile } from '../errors.ts';
import { readRows } from './csvRows.ts';

export interface CsvOptions {
  /** The column of the labels, by its name or counted from 1; by default `label`, `class`, `target` or `y`, else the last one. */
  label?: string | number;
  /** Whether the first line has names; by default it does if it has a text where the second one has a number. */
  header?: boolean;
  /** The part of each class that is kept for the test. Default 0.2. */
  testFraction?: number;
}

const labelNames = ['label', 'labels', 'class', 'target', 'y'];

/**
 * A table as text (RFC 4180): a row for each example, a column for each feature and one for the label, which may be a text. Cells
 * lie between commas, semicolons or tabs, whichever the first line has most of. Throws a DataError that names line and column.
 */
export function decodeCsv(source: NamedBytes, options: CsvOptions = {}): Dataset {
  requireFields('decodeCsv', source, 'a file', ['file', 'bytes']);
  checkOptions('decodeCsv', options, ['label', 'header', 'testFraction']);
  const { file } = source;
  const rows = readRows(source);
  const [first, second] = [rows.next().value, rows.next().value];
  if (!first || !second) {
    throw invalidFile(file, first ? 'one line' : 'no line', 'a row for each example', 'Check the file.');
  }
  const hasHeader = options.header ?? looksLikeHeader(first.cells, second.cells);
  const names = first.cells.map((cell, i) => (hasHeader && cell !== '' ? shown(cell) : String(i + 1)));
  const label = labelColumn(file, hasHeader ? first.cells : [], names.length, options.label);
  const features = names.length - 1;
  if (features === 0) throw invalidFile(file, 'one column', 'features and a label', 'Check the separators.');

  const answers: string[] = [];
  let values = new Float64Array(features);
  const read = ({ line, cells }: { line: number; cells: string[] }) => {
    const at = (column: number) => `${file}: line ${line}, column ${names[column]}`;
    if (cells.length !== names.length) {
      const expected = `${names.length}, as in the first line`;
      throw invalidFile(
        `${file}: line ${line}`,
        `${cells.length} cells`,
        expected,
        'Quote cells with separators in them.',
      );
    }
    if (values.length < (answers.length + 1) * features) {
      const longer = new Float64Array(2 * values.length);
      longer.set(values);
      values = longer;
    }
    let to = answers.length * features;
    cells.forEach((cell, column) => {
      if (column !== label) {
        values[to] = Number(cell);
        if (cell === '' || !Number.isFinite(values[to])) throw noNumber(at(column), cell);
        to++;
      } else if (isMissing(cell)) throw noNumber(at(column), cell);
    });
    answers.push(cells[label]);
  };
  if (!hasHeader) read(first);
  read(second);
  for (const row of rows) read(row);

  const x = { shape: [answers.length, features], data: values.slice(0, answers.length * features) };
  const unnamed = hasHeader ? first.cells.indexOf('') : -1;
  const warnings =
    unnamed >= 0 && unnamed !== label
      ? [
          `${file}: column ${unnamed + 1} has no name, and is read as a feature; if it only counts the rows, leave it out (pandas: index=False)`,
        ]
      : [];
  return datasetOf(
    { x, y: labelsOf(file, answers) },
    { name: file, testFraction: options.testFraction, warnings },
  );
}

/** Numbers as numbers, so that what is measured is not taken for classes; else the texts. */
function labelsOf(file: string, answers: readonly string[]): number[] | string[] {
  const numbers = answers.map(Number);
  if (!numbers.every(Number.isFinite)) return [...answers];
  const at = numbers.findIndex((value) => !Number.isInteger(value));
  if (at < 0) return numbers;
  const todo = 'Classes are told apart here, and no numbers estimated; name another column of labels.';
  throw invalidFile(file, `the label ${answers[at]}`, 'whole numbers or texts', todo);
}

function looksLikeHeader(first: readonly string[], second: readonly string[]): boolean {
  const isNumber = (cell: string) => cell !== '' && Number.isFinite(Number(cell));
  return first.some((cell, i) => !isNumber(cell) && !isMissing(cell) && isNumber(second[i] ?? ''));
}

function labelColumn(
  file: string,
  names: readonly string[],
  count: number,
  wanted: CsvOptions['label'],
): number {
  if (wanted === undefined) {
    const usual = names.findIndex((name) => labelNames.includes(name.toLowerCase()));
    return usual < 0 ? count - 1 : usual;
  }
  const byName = names.indexOf(String(wanted));
  if (byName >= 0) return byName;
  if (/^\d+$/.test(String(wanted)) && Number(wanted) >= 1 && Number(wanted) <= count)
    return Number(wanted) - 1;
  const came = names.length > 0 ? unknownName('column', String(wanted), names) : `column ${shown(wanted)}`;
  const known = names.length > 0 ? `one of ${names.slice(0, 20).join(', ')}, or ` : '';
  throw invalidFile(
    file,
    `the label in ${came}`,
    `${known}a number from 1 to ${count}`,
    'Name the column of the labels.',
  );
}

const missing = ['', 'na', 'n/a', 'nan', 'null', '?'];

function isMissing(cell: string): boolean {
  return missing.includes(cell.toLowerCase());
}

function noNumber(where: string, cell: string) {
  if (isMissing(cell)) {
    const came = cell === '' ? 'an empty cell' : `the missing value ${shown(cell)}`;
    return invalidFile(
      where,
      came,
      'a value',
      'Fill in what is missing, or leave the row or the column out.',
    );
  }
  const decimals = /^-?\d+,\d+$/.test(cell) ? 'Write decimals with a point.' : undefined;
  const todo =
    decimals ?? 'Only the label may be a text: write what a column tells as numbers, or leave it out.';
  return invalidFile(where, shown(cell), 'a finite number', todo);
}
