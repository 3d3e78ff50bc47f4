import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type VerifyCase, verifyFile } from '../../src/verify/index.ts';

/** PyTorch's numbers (test/golden/README.md), every case a test: 1e-9 in float64, 1e-4 in float32 (training 1e-3). */
const folder = new URL('../golden/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

describe.each(files)('%s', (file) => {
  const report = verifyFile(readFileSync(new URL(file, folder), 'utf8'), { file });
  for (const golden of report.cases) {
    test.skipIf(golden.status === 'not covered')(golden.name, () => {
      for (const run of golden.runs) {
        expect(run.message).toBeNull();
        expect(run.worst?.error, describeRun(run)).toBeLessThanOrEqual(run.tolerance);
      }
      expect(golden.status).toBe('passed');
    });
  }
});

test('core, optimizers and training runs are covered completely', () => {
  for (const file of [
    'core.json',
    'operations.json',
    'optim.json',
    'rmsprop-maximize.json',
    'training.json',
  ]) {
    const { notCovered } = verifyFile(readFileSync(new URL(file, folder), 'utf8'), { dtypes: ['float64'] });
    expect(notCovered, file).toBe(0);
  }
});

function describeRun({ dtype, worst }: VerifyCase['runs'][number]): string {
  return `${dtype}: ${worst?.tensor} at [${worst?.at}]: ${worst?.actual} instead of ${worst?.expected}`;
}
