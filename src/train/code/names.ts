/**
 * A value of a setting that is a file of the user's: code, which is imported (load.ts), where usually the name of a norm, a model, a
 * dataset, a loss or a probe stands.
 */

/** What the default export of such a file may be. */
export type CodeKind = 'norm' | 'model' | 'dataset' | 'loss' | 'probe';

const ENDINGS = ['.mjs', '.js', '.cjs', '.ts', '.mts', '.cts'];

/** `./power.mjs`, `net.ts`, a file: URL of one. */
export function isCode(value: unknown): value is string {
  return typeof value === 'string' && ENDINGS.some((ending) => value.endsWith(ending));
}

/** Something that is meant to be a file, whatever its name ends in. */
export function isPath(value: string): boolean {
  return /[/\\]/.test(value) || isCode(value);
}

/** What is wrong with a file that is no code. */
export const notCode = `a file of code ends in ${ENDINGS.slice(0, -1).join(', ')} or ${ENDINGS.at(-1)}`;

/** How a value is called in figures, tables and names of folders: a file by its name, `power` for `/home/me/power.mjs`. */
export function codeName(value: string): string {
  if (!isCode(value)) return value;
  const file = value.split(/[/\\]/).at(-1)!;
  return file.slice(0, file.lastIndexOf('.'));
}
