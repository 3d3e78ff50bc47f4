import { expect, it } from 'vitest';
import { fuzzFiles } from './files.ts';

/** The long form of files.test.ts: 6,000 mutations, 500 for each of twelve seeds. */
it.each(Array.from({ length: 12 }, (_, i) => i + 1))(
  '500 damaged files, seed %i',
  { timeout: 600_000 },
  async (seed) => {
    const report = await fuzzFiles(500, seed);
    console.log(`seed ${seed}: ${JSON.stringify(report)}`);
    expect(report.mutations).toBe(500);
  },
);
