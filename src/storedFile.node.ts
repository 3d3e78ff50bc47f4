import { readFileSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { bytesText, RunFolderError, shown } from './errors.ts';

/**
 * Files that a program wrote once and reads again. In between they were perhaps edited, cut off, or written by another version:
 * nothing in one is believed before a schema has looked at it, and what is wrong with it is said with the file's name.
 */
export interface StoredFile {
  file: string;
  /** What to do about a file that cannot be used. */
  hint: string;
}

/** More than any of these files has, and as much as fits a string. */
const MOST_BYTES = 256 * 2 ** 20;

/** Why `file` cannot be read whole, before anything of it is; undefined where it can. A pipe would be waited for, a device never end. */
export function unreadable(file: string, mostBytes: number): string | undefined {
  const entry = statSync(file);
  if (entry.isDirectory()) return 'is a folder, not a file';
  if (!entry.isFile()) return 'is a device or a pipe, not a file';
  return entry.size > mostBytes
    ? `has ${bytesText(entry.size)}, and such a file has ${bytesText(mostBytes)} at most`
    : undefined;
}

/**
 * The text of a file, without the byte order mark that some editors put in front. That there is no such file is the caller's to
 * say: Node's own error.
 */
export function readText({ file, hint }: StoredFile): string {
  try {
    const problem = unreadable(file, MOST_BYTES);
    if (problem !== undefined) throw new RunFolderError(`${file} ${problem}`, [hint]);
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { syscall, code, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined || code === 'ENOENT' || code === 'ESTALE') throw error;
    throw new RunFolderError(`cannot read ${file}: ${message}`, [hint], { cause: error });
  }
}

/** `text` as JSON, by `parse`. */
export function parsed({ file, hint }: StoredFile, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    // Beside a SyntaxError a RangeError: lists in lists, deeper than the stack.
    throw new RunFolderError(`${file} is not JSON: ${(error as Error).message}`, [hint], { cause: error });
  }
}

/** The content, if it is what the schema says. */
export function checked<T>(
  { file, hint }: StoredFile,
  content: unknown,
  schema: v.GenericSchema<unknown, T>,
): T {
  const { success, output, issues } = v.safeParse(schema, content, { abortEarly: true });
  if (success) return output;
  throw new RunFolderError(`${file}: ${issueText(issues[0])}`, [hint]);
}

/** `runs.3.id must be a plain name, got "../x"` */
export function issueText(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? 'its content'} ${problemText(issue)}`;
}

/** `must be a number, got null` */
export function problemText({ type, message, expected, received, input }: v.BaseIssue<unknown>): string {
  if (received === 'undefined') return 'is missing';
  // A picklist has a message of its own, which says what came.
  if (type === 'picklist' && !message.startsWith('Invalid ')) return message;
  const must = message.startsWith('Invalid ') ? `must be ${inWords(String(expected))}` : message;
  return `${must}, got ${shown(input)}`;
}

/** What valibot calls a type. */
function inWords(expected: string): string {
  const words: Record<string, string> = {
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
    Array: 'a list',
    Object: 'an object',
    never: 'absent',
  };
  return words[expected] ?? expected.replaceAll(' | ', ' or ').replace(/[()]/g, '');
}

/** For schemas: what is neither null nor a list, which would pass for an object with nothing in it. */
export const plainObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);

/** For schemas: any number, NaN and the infinite ones included, as losses can be. */
export const anyNumber = v.custom<number>((value) => typeof value === 'number', 'must be a number');

/** For schemas: how many of something. */
export const wholeNumber = v.pipe(
  v.number(),
  v.safeInteger('must be a whole number'),
  v.minValue(0, 'must not be negative'),
);
