import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { apiPage } from '../scripts/apiPage.ts';
import * as api from '../src/index.ts';

it('docs/api.md is what the source makes; if not: npm run docs', () => {
  const onDisk = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  expect(apiPage()).toBe(onDisk);
  const isThere = (name: string) => new RegExp(`^\\* \`(\\w+ )+${name}\\b`, 'm').test(onDisk);
  expect(Object.keys(api).filter((name) => !isThere(name))).toEqual([]);
});
