import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inProcess } from './inProcess.ts';

let folder: string;
let table: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-data-'));
  table = join(folder, 'table.csv');
  const rows = Array.from(
    { length: 30 },
    (_, i) => `${i % 2 === 0 ? i : -i},${i / 7},${['even', 'odd'][i % 2]}`,
  );
  writeFileSync(table, `a,b,kind\n${rows.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('data show says what a run is given; a run of it says the same', async () => {
  const { code, stdout } = await inProcess(['data', 'show', table, '--test-fraction', '0.4', '--json']);
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  expect(code).toBe(0);
  expect(result).toMatchObject({ train: 18, test: 12, height: 1, width: 1, channels: 2 });
  expect(result.classes).toEqual([
    { name: 'even', train: 9, test: 6 },
    { name: 'odd', train: 9, test: 6 },
  ]);
  const path = join(folder, 'run');
  const flags = [
    '--test-fraction',
    '0.4',
    '--epochs',
    '40',
    '--batch-size',
    '6',
    '--hidden',
    '8',
    '--lr',
    '0.02',
  ];
  const trained = await inProcess(['train', '--dataset', table, ...flags, '--out', path]);
  expect(trained.stderr).toContain(`${table} 18/12 · mlp 2-8-2`);
  expect(trained.stdout).toMatch(/^test accuracy (1\.0000|0\.9)/);
  expect((await inProcess(['data', 'show', table])).stdout).toMatch(
    /24 to train on, 6 for the test: 2 features, measured values/,
  );
});

it('what does not fit is a usage error, or one of the data', async () => {
  const failing = async (...args: string[]) => {
    const { code, stderr } = await inProcess(args);
    return `${code} ${stderr}`;
  };
  expect(await failing('train', '--dataset', table, '--augment', 'crop')).toMatch(
    /^3 error: Cannot augment: .* is a table/,
  );
  expect(await failing('train', '--dataset', table, '--scaling', 'symmetric')).toMatch(
    /^3 error: Cannot scale symmetrically/,
  );
  expect(await failing('train', '--dataset', table, '--halve')).toMatch(/^3 error: Cannot halve/);
  expect(await failing('train', '--dataset', table, '--test-fraction', '1')).toMatch(
    /^2 error: --test-fraction: must be below 1/,
  );
  expect(await failing('data', 'show', 'flowers')).toMatch(
    /^2 error: --dataset: unknown dataset "flowers"[\s\S]*\.\/table\.csv/,
  );
  expect(await failing('data', 'verify', table)).toMatch(/^2 error: .* is of your own[\s\S]*data show/);
  expect(await failing('train', '--resume', join(folder, 'run'), '--keep-best')).toMatch(
    /^2 error: --keep-best: not with --resume/,
  );
});
