import { expect, it } from 'vitest';
import { fuzzFiles } from './files.ts';

it('damaged and hostile files: an error with advice from every command, and nothing else touched', async () => {
  const { mutations, reads, refused } = await fuzzFiles(80, 15);
  expect(mutations).toBe(80);
  expect(reads).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(80);
});
