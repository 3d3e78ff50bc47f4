import { fileURLToPath } from 'node:url';
import { CodeError } from '../../errors.ts';
import { shownPath } from './files.ts';

/** Where in the code of users an error came from. */

const files = new Set<string>();

/** These say by themselves what is wrong, and where. */
const KNOWN = ['CodeError', 'ConfigError', 'DataError', 'RunFolderError', 'LostLock', 'AbortError'];

/** From here on, errors that come through these files are their user's. */
export function noteCode(paths: readonly string[]): void {
  for (const path of paths) files.add(path);
}

/**
 * The error as one of the user's file, with its line, if it came from there: the innermost place in a user's file, also where one of
 * this library's functions threw that it called. undefined for an error that has nothing to do with one.
 */
export function codeError(error: unknown): CodeError | undefined {
  if (!(error instanceof Error) || KNOWN.includes(error.name)) return undefined;
  const place = placeOf(error.stack ?? '');
  if (place === undefined) return undefined;
  const kind = error.name === 'Error' ? '' : `${error.name}: `;
  const { hint = [] } = error as { hint?: readonly string[] };
  return new CodeError(`${shownPath(place.file)}:${place.line}: ${kind}${error.message}`, hint, {
    cause: error,
  });
}

/** `codeError` of it, or the error as it is. */
export function asCodeError(error: unknown): unknown {
  return codeError(error) ?? error;
}

function placeOf(stack: string): { file: string; line: string } | undefined {
  for (const [, url, line] of stack.matchAll(
    /(?:^|[\s(])((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^()\n]*?):(\d+):\d+\)?$/gm,
  )) {
    const file = (url.startsWith('file:') ? fileURLToPath(url) : url).split('?')[0];
    if (files.has(file)) return { file, line };
  }
  return undefined;
}
