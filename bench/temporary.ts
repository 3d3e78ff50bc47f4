import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The bench's folder for what it hands to its sides; it goes with the process, also where that is interrupted. */
export const temporaryFolder = (): string => (folder ??= makeFolder());

let folder: string | undefined;

function makeFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'normgrad-bench-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  return made;
}
