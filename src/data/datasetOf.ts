import { grouped, shown } from '../errors.ts';
import { checkOptions, requireFields } from '../options.ts';
import type { Dataset, ImageSet, Values } from './dataset.ts';
import { invalidFile } from './errors.ts';
import { splitTest } from './split.ts';

/** Numbers in C order, as decodeNpy has them. */
export interface NumberArray {
  shape: readonly number[];
  data: ArrayLike<number> | ArrayLike<bigint>;
}

/** Examples: x [N, features], [N, height, width] or [N, height, width, channels], and what each one is: a text or a whole number. */
export interface Examples {
  x: NumberArray;
  y: NumberArray | ArrayLike<number> | ArrayLike<bigint> | readonly string[];
}

export interface DatasetOptions {
  /** For messages: the file, or what else the data are called. */
  name?: string;
  /** Examples of their own for the test. */
  test?: Examples;
  /** Without them: the part of each class that is kept for the test. Default 0.2. */
  testFraction?: number;
  warnings?: readonly string[];
}

/**
 * A dataset of any arrays, for createBatches and all else that takes one. Classes, their number and names are the different values
 * of y, sorted; the rows of a table [N, features] become images of one pixel with so many channels. Throws a DataError where a number
 * is missing or infinite, or where y are no classes.
 */
export function datasetOf(train: Examples, options: DatasetOptions = {}): Dataset {
  requireFields('datasetOf', train, 'examples', ['x', 'y']);
  checkOptions('datasetOf', options, ['name', 'test', 'testFraction', 'warnings']);
  const { name = 'data', test, testFraction, warnings = [] } = options;
  const parts = test ? [train, test] : [train];
  const answers = parts.map(({ y }, i) => answersOf(name, i === 0 ? 'y' : 'y of the test', y));
  const classes = classesOf(name, answers.flat());
  const places = new Map(classes.map((label, i) => [label, i]));
  const sets = parts.map(({ x }, i): ImageSet => {
    const what = i === 0 ? 'x' : 'x of the test';
    const [count, ...shape] = imageShape(name, what, x.shape);
    const images = valuesOf(name, what, x);
    if (answers[i].length !== count) {
      const todo = 'They are not a pair: save both from the same examples.';
      throw invalidFile(
        name,
        `${answers[i].length} labels`,
        `${count}, one for each example of ${what}`,
        todo,
      );
    }
    const [height, width, channels] = shape;
    const labels = Int32Array.from(answers[i], (answer) => places.get(answer)!);
    const split = i === 0 ? 'train' : 'test';
    const odd = looksChannelsFirst(x.shape);
    const all = odd ? [...warnings, `${name}: ${odd}`] : warnings;
    return { name, split, count, height, width, channels, images, labels, classes, warnings: all };
  });
  const [whole, own] = sets;
  if (own === undefined) return splitTest(whole, testFraction);
  const [a, b] = sets.map(({ height, width, channels }) => `[${height}, ${width}, ${channels}]`);
  if (a !== b)
    throw invalidFile(name, `test examples of ${b}`, `${a}, as for training`, 'Save both in one shape.');
  if (testFraction !== undefined) {
    const todo = 'Leave the fraction out.';
    throw invalidFile(
      name,
      `test fraction ${testFraction}`,
      'none, since the data have a test of their own',
      todo,
    );
  }
  return { train: whole, test: own };
}

/** [N, height, width, channels] of examples in any of the shapes that they may have. */
function imageShape(name: string, what: string, shape: readonly number[]): number[] {
  const [count, ...rest] = shape;
  const known = [[1, 1, 1], [1, 1, ...rest], [...rest, 1], rest][rest.length];
  if (count > 0 && known !== undefined && rest.every((length) => length > 0)) return [count, ...known];
  const expected =
    '[N, features], [N, height, width] or [N, height, width, channels], with at least one example';
  throw invalidFile(name, `${what} [${shape.join(', ')}]`, expected, 'Reshape it before saving.');
}

/** PyTorch's layout: a few channels in front of what can only be height and width. */
function looksChannelsFirst([, first, ...rest]: readonly number[]): string | undefined {
  if (rest.length !== 2 || ![1, 3].includes(first) || rest.some((length) => length < 8)) return undefined;
  return `x [N, ${first}, ${rest.join(', ')}] is read as images of height ${first} with ${rest[1]} channels; if it is channels first, save x.transpose(0, 2, 3, 1)`;
}

function valuesOf(name: string, what: string, { shape, data }: NumberArray): Values {
  const values =
    data instanceof Uint8Array || data instanceof Float32Array || data instanceof Float64Array
      ? data
      : Float64Array.from(data as ArrayLike<number | bigint>, Number);
  const size = shape.reduce((product, length) => product * length, 1);
  if (values.length !== size) {
    throw invalidFile(
      name,
      `${values.length} numbers`,
      `${size} for ${what} [${shape.join(', ')}]`,
      'Give all of them.',
    );
  }
  const at =
    values instanceof Uint8Array
      ? -1
      : (values as Float64Array).findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  let rest = at;
  const index = shape.map((_, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    const place = Math.floor(rest / stride);
    rest %= stride;
    return place;
  });
  const todo = 'Fill in or leave out what is missing before saving.';
  throw invalidFile(name, `${values[at]} at ${what}[${index.join(', ')}]`, 'a finite number', todo);
}

/** Each answer as a text. */
function answersOf(name: string, what: string, y: Examples['y']): string[] {
  const isArray = 'shape' in y;
  if (isArray && !(y.shape.length === 1 || (y.shape.length === 2 && y.shape[1] === 1))) {
    const todo = 'Of one-hot rows take the places of the ones: y.argmax(1).';
    throw invalidFile(name, `${what} [${y.shape.join(', ')}]`, 'one label for each example, [N]', todo);
  }
  return Array.from((isArray ? y.data : y) as ArrayLike<string | number | bigint>, (answer, i) => {
    if (typeof answer !== 'number' || Number.isInteger(answer)) return String(answer);
    const todo =
      'Classes are told apart here, and no numbers estimated: give each example the number or the name of its class.';
    throw invalidFile(name, `${answer} at ${what}[${i}]`, 'a whole number or a text', todo);
  });
}

/** The different answers: numbers by size, else in the order of their characters' codes, which is the same in all languages. */
function classesOf(name: string, answers: readonly string[]): string[] {
  const classes = [...new Set(answers)];
  const areNumbers = classes.every((each) => /^-?\d{1,15}$/.test(each));
  classes.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
  const some = classes.slice(0, 3).map(shown).join(', ');
  if (classes.length < 2) {
    throw invalidFile(
      name,
      `the only label ${some}`,
      'at least two classes',
      'Check which column or array has the labels.',
    );
  }
  if (classes.length > 10 && classes.length > answers.length / 2) {
    const came = `${grouped(classes.length)} different labels (${some}, …) of ${grouped(answers.length)} examples`;
    throw invalidFile(
      name,
      came,
      'classes with several examples each',
      'Check which column or array has the labels.',
    );
  }
  return classes;
}
