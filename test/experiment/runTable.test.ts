import { expect, it } from 'vitest';
import { runSection } from '../../src/experiment/runTable.ts';
import { resolveConfig } from '../../src/train/config.ts';

const config = resolveConfig({ dataset: 'synthetic' });
const run = (seed: number, status: string) => ({
  names: { run: `s${seed}` },
  seed,
  config: { ...config, seed },
  status,
  train: null,
  test: null,
});
const rowsOf = (markup: string) =>
  [...markup.matchAll(/<th scope="row"[^>]*>(s\d+)</g)].map(([, name]) => name);

it('lists every run', () => {
  const { markup } = runSection([run(1, 'done'), run(2, 'failed')]);
  expect(markup).toContain('2 runs, one by one');
  expect(rowsOf(markup)).toEqual(['s1', 's2']);
});

it('lists 2,000 of more, those that are not done first, and says so', () => {
  const runs = Array.from({ length: 2_500 }, (_, i) => run(i, i === 2_400 ? 'failed' : 'done'));
  const { markup } = runSection(runs);
  expect(markup).toContain('2,000 of 2,500 runs, one by one');
  expect(markup).toContain('Runs that are not done come first');
  const rows = rowsOf(markup);
  expect(rows).toHaveLength(2_000);
  expect(rows.slice(0, 2)).toEqual(['s2400', 's0']);
});
