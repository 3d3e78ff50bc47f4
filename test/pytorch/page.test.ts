import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelNames } from '../../src/nn/models/registry.ts';
import { normNames } from '../../src/nn/norm/createNorm.ts';
import { parityCases } from '../../src/pytorch/cases.ts';
import { parityPage } from '../../src/pytorch/page.ts';
import { legend, type ParityResult, summaryRow, whyNot } from '../../src/pytorch/table.ts';

const cases = parityCases();
const good = { steps: 50, float64: 2e-16, first: 0, float32: { ours: 5e-8, torch: 6e-8 }, passed: true };
const results: ParityResult[] = cases.map((each) => ({ ...each, parity: good, problem: null }));
const made = { steps: 50, torch: '1.13', minutes: 30, made: '2026-11-26' };

it('there is a case for every model with every norm', () => {
  const pairs = new Set(cases.map(({ row, column }) => `${column} ${row}`));
  for (const model of modelNames) for (const norm of normNames) expect(pairs).toContain(`${model} ${norm}`);
});

it('the page has the furthest of each norm and model, and what does not agree with its reason', () => {
  expect(parityPage(results, made)).toContain(`${cases.length} of ${cases.length} runs agree. 50 steps`);
  const wrong = { ...good, float64: 3e-4, passed: false };
  const odd = results.map((each, i) => (i === 1 ? { ...each, parity: wrong } : each));
  const page = parityPage(odd, made);
  const { row, column } = odd[1];
  expect(page).toContain(`| ${column} | ${row} | float64 3.0e-4, at most 1e-9 |`);
  expect(page).toContain(
    `| ${row} | ${modelNames.length - 1} of ${modelNames.length} | 3.0e-4 | 0 | 5.0e-8 | 6.0e-8 |`,
  );
});

it('an experiment has its arms, and a message of several lines is one cell', () => {
  const problem = 'PyTorch: RuntimeError: Error(s) in loading\n\tsize mismatch | of gamma';
  const arm: ParityResult = {
    ...results[0],
    column: 'small-batch-conv',
    row: 'batch, 32',
    parity: null,
    problem,
  };
  const page = parityPage([arm], made);
  expect(page).toContain('The arms of the experiment small-batch-conv are trained in both engines');
  expect(page).toContain(
    '| small-batch-conv | batch, 32 | PyTorch: RuntimeError: Error(s) in loading size mismatch \\| of gamma |',
  );
});

it('what could not be compared counts as not agreeing', () => {
  const refused: ParityResult = { ...results[0], parity: null, problem: "PyTorch: KeyError: 'mlp'" };
  expect(summaryRow([refused])).toEqual({ cells: ['0 of 1', '–', '–', '–', '–'], passed: false });
  expect(whyNot(refused)).toBe("PyTorch: KeyError: 'mlp'");
});

it('docs/parity.md is of every case, by the rules of today', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/parity.md'), 'utf8');
  for (const line of legend(50)) expect(page).toContain(`* ${line}\n`);
  expect(page).toMatch(new RegExp(`^\\d+ of ${cases.length} runs agree\\. 50 steps`, 'm'));
  for (const name of [...modelNames, ...normNames]) expect(page).toContain(`\n| ${name} |`);
});
