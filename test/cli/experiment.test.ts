import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { inProcess } from './inProcess.ts';
import { jsonLines, normgrad } from './normgrad.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-experiment-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const mine = (threshold: number, further = '') => `
import { defineExperiment } from 'normgrad/experiment';

export default defineExperiment({
  name: 'mine',
  title: 'Mine',
  question: 'Is it found?',
  source: { paper: 'None.', kept: 'Nothing.', scaled: 'All.' },
  grid: { activation: ['relu', 'sigmoid'] },
  seeds: 1,
  model: { model: 'mlp', hidden: [8], norm: 'layer' },
  data: { dataset: 'synthetic', limit: 40, testLimit: 20 },
  training: { epochs: 1 },
  figure: { x: 'epoch', y: 'testAccuracy' },
  claims: [{ says: 'Two runs.', check: ({ runs }) => runs.length >= ${threshold} }, ${further}],
});
`;

it('--list names every experiment with its question', async () => {
  const { code, stdout } = await inProcess(['experiment', '--list', '--json']);
  expect(code).toBe(0);
  const [{ experiments }] = jsonLines(stdout) as unknown as [
    { experiments: { name: string; claims: string[] }[] },
  ];
  expect(experiments.map(({ name }) => name)).toContain('small-batch-mlp');
  expect(experiments.every(({ claims }) => claims.length > 0)).toBe(true);
});

it('--smoke runs a whole experiment without files, and judges nothing', async () => {
  const out = join(folder, 'smoke');
  const { code, stdout } = await normgrad(['experiment', 'with-without', '--smoke', '--out', out]);
  expect(code).toBe(0);
  expect(stdout).toContain('Claims (a smoke run cannot judge them)');
  expect(existsSync(join(out, 'with-without.svg'))).toBe(true);
  expect(JSON.parse(readFileSync(join(out, 'experiment.json'), 'utf8'))).toMatchObject({
    smoke: true,
    seeds: [1],
  });
});

it('runs a file from anywhere, and exits with 1 if its claim fails', async () => {
  const args = ['experiment', './mine.mjs', '--out', 'mine', '--jobs', '1', '--save', 'kept'];
  writeFileSync(join(folder, 'mine.mjs'), mine(2));
  const held = await normgrad(args, { cwd: folder });
  expect(held.stderr).toMatch(/^1\/2 {2}(relu|sigmoid) +seed 1 +loss/m);
  expect(held.stdout).toContain('✓ Two runs. (no interval)');
  expect(held.code).toBe(0);
  expect(existsSync(join(folder, 'kept/mine.json'))).toBe(true);
  writeFileSync(join(folder, 'mine.mjs'), mine(3));
  const failed = await normgrad(args, { cwd: folder });
  expect(failed.stdout).toContain('✗ Two runs. (no interval)');
  expect(failed.code).toBe(1);
  const claim = "{ says: 'Even.', level: { activation: 'relu' }, of: 'testError', atMost: 100 }";
  writeFileSync(join(folder, 'mine.mjs'), mine(2, claim));
  const open = await normgrad([...args.slice(0, 6), '--json'], { cwd: folder });
  const { claims } = jsonLines(open.stdout).at(-1) as unknown as { claims: object[] };
  expect(claims[1]).toMatchObject({ says: 'Even.', outcome: 'undecided', kind: 'level', n: 1, atMost: 100 });
  expect(open.code).toBe(0);
  // What was finished was not run again.
  expect(failed.stderr).not.toContain('val_acc');
});

it('runs from the source of a clone, which reads TypeScript on any Node', async () => {
  writeFileSync(join(folder, 'mine.ts'), mine(2));
  const args = ['experiment', './mine.ts', '--out', 'typed', '--jobs', '1'];
  const { stdout } = await normgrad(args, { cwd: folder, source: true });
  expect(stdout).toContain('✓ Two runs. (no interval)');
});

it.each([
  [['experiment'], 'which experiment?'],
  [['experiment', 'tutorail'], 'unknown experiment "tutorail" (did you mean "tutorial"?)'],
  [['experiment', './none.ts'], 'there is no file'],
  [['experiment', 'tutorial', '--smoke', '--save', 'x'], '--save keeps results'],
  [['start', '--seeds', '0'], 'It must be at least 1.'],
])('%j is a usage error', async (args, message) => {
  const { code, stderr } = await inProcess(args);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
