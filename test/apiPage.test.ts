import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiPage } from '../scripts/apiPage.ts';
import * as api from '../src/index.ts';
import { packageFolder } from './package.ts';

it('docs/api.md is what the source makes; if not: npm run docs', () => {
  const onDisk = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  expect(apiPage(join(packageFolder, 'dist'))).toBe(onDisk);
  const isThere = (name: string) => new RegExp(`^\\* \`(\\w+ )+${name}\\b`, 'm').test(onDisk);
  expect(Object.keys(api).filter((name) => !isThere(name))).toEqual([]);
});
