import { expect, it } from 'vitest';
import { fuzzFiles } from './files.ts';

it('damaged and hostile files: an error with advice from every command, and nothing else touched', async () => {
  const { mutations, reads, refused } = await fuzzFiles(40, 15);
  expect(mutations).toBe(40);
  expect(reads).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(40);
});
