import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { NormEntry } from '../src/nn/norm/registry.ts';
import { explainNorm } from '../src/teach/explain.ts';
import { gradcheckNorm } from '../src/verify/index.ts';

const root = join(import.meta.dirname, '..');

/** The code blocks of a section of CONTRIBUTING.md. */
function codeOf(section: string): string[] {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const body = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`))!;
  return [...body.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code);
}

test('the recipe for a norm is a norm: it passes gradcheck, and explain prints its formulas', async () => {
  const [code] = codeOf('A norm');
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-recipe-'));
  const file = join(folder, 'sampleRmsNorm.ts');
  const src = (path: string) => pathToFileURL(join(root, 'src', path)).pathname;
  writeFileSync(
    file,
    code
      .replaceAll("'../core/", `'${src('nn/norm/core/')}`)
      .replaceAll("'../../../autograd/", `'${src('autograd/')}`),
  );
  const { sampleRms } = (await import(/* @vite-ignore */ file)) as { sampleRms: NormEntry };
  rmSync(folder, { recursive: true });
  for (const row of gradcheckNorm(sampleRms)) expect(row.passed, JSON.stringify(row)).toBe(true);
  const { backward } = explainNorm(sampleRms, {}).derivation;
  expect(backward).toContain('dx = g / r                   direct');
});
