import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { type SourceName, sources } from '../../src/data/sources.ts';

/** A test on a real dataset: runs where NORMGRAD_DATA has it; elsewhere its name says why it is skipped. */
export function withReal(dataset: SourceName, name: string, run: (dataDir: string) => Promise<void>): void {
  const dataDir = process.env.NORMGRAD_DATA;
  const folder = dataDir && join(dataDir, sources[dataset].folder);
  const reason = !folder
    ? 'NORMGRAD_DATA is not set'
    : existsSync(folder)
      ? undefined
      : `${folder} does not exist`;
  const title = `${name}${reason ? ` (skipped: ${reason})` : ''}`;
  test.skipIf(reason !== undefined)(title, { timeout: 3_600_000 }, () => run(dataDir!));
}
