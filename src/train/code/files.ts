import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunFolderError } from '../../errors.ts';
import { isCode } from './names.ts';

/**
 * The text of a user's code decides the outcome of a run as much as a learning rate does. So a configuration has the SHA-256 of each
 * file, and of what that imports by a relative path, and a run does not begin or go on with another text.
 */

/** SHA-256 in hex of files by their absolute paths, as `sha256sum` has it. */
export type CodeHashes = Readonly<Record<string, string>>;

/** `./power.mjs` from `folder` on; file: URLs as well. */
export function absolute(value: string, folder = process.cwd()): string {
  return value.startsWith('file:') ? fileURLToPath(value) : resolve(folder, value);
}

/** As people read it: from here on where it lies below, else whole. */
export function shownPath(path: string): string {
  const way = relative(process.cwd(), path);
  return way.startsWith('..') || way === '' || resolve(way) !== path ? path : `./${way}`;
}

/** Of a file that there is, and of what it imports. */
export function hashesOf(path: string): Record<string, string> {
  const hashes: Record<string, string> = {};
  const visit = (file: string) => {
    if (file in hashes) return;
    const bytes = readFileSync(file);
    hashes[file] = createHash('sha256').update(bytes).digest('hex');
    if (!isCode(file)) return;
    for (const imported of importsOf(bytes.toString(), dirname(file))) visit(imported);
  };
  visit(path);
  return hashes;
}

/** Throws where a file has another text than it had when the run was begun, or is gone. */
export function requireSameCode(hashes: CodeHashes): void {
  for (const [file, before] of Object.entries(hashes)) {
    if (!isFile(file)) {
      throw new RunFolderError(`there is no file ${file}, with which this was begun`, [
        'put it there again; its SHA-256 was:',
        `  ${before}`,
      ]);
    }
    const now = createHash('sha256').update(readFileSync(file)).digest('hex');
    if (now === before) continue;
    throw new RunFolderError(
      `${file} is not what this was begun with: its SHA-256 was ${before.slice(0, 16)}…, and is ${now.slice(0, 16)}…`,
      ['put the old text back, to go on with it', 'or begin anew with the new one, in another folder'],
    );
  }
}

/** Of the files that there are: a path in a comment or a text is none. */
function importsOf(text: string, folder: string): string[] {
  const paths = [...text.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"`])(\.{1,2}\/[^'"`]+)\1/g)];
  return paths.map(([, , path]) => resolve(folder, path)).filter(isFile);
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
