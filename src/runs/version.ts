import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder: two levels up in the source, three in the compiled package. */
export const packageFolder = folderOfPackage(dirname(fileURLToPath(import.meta.url)));

/** As in package.json. */
export const version = (
  JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
).version;

/**
 * The commit of a clone, with `-dirty` after it if files differ from it; null where there is no git. Asked for once in a
 * process: that is the source it runs.
 */
export function sourceVersion(): string | null {
  commit ??= { name: describeCommit() };
  return commit.name;
}

let commit: { name: string | null } | undefined;

function describeCommit(): string | null {
  if (!existsSync(join(packageFolder, '.git'))) return null;
  try {
    const args = ['-C', packageFolder, 'describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

function folderOfPackage(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : folderOfPackage(dirname(from));
}
