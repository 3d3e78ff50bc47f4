import type { NormEntry } from '../nn/norm/registry.ts';

/** Is it one of this library's norms, whose `source` is a file of src/nn/norm? Of the norms of users it is as they named the file. */
export function isOurs({ source }: Pick<NormEntry, 'source'>): boolean {
  return /^[a-z]+\/\w+\.ts$/.test(source);
}

/** The file with its formulas, from the root of the repository; a user's as it was named, and '' where nobody knows. */
export function fileOf(entry: Pick<NormEntry, 'source'>): string {
  return isOurs(entry) ? `src/nn/norm/${entry.source}` : entry.source;
}

/** How commands name it: a user's norm by its file. */
export function commandName(entry: Pick<NormEntry, 'name' | 'source'>): string {
  return isOurs(entry) || entry.source === '' ? entry.name : entry.source;
}
