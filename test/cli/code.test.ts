import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderWith } from '../train/code/userFiles.ts';
import { inProcess } from './inProcess.ts';
import { normgrad } from './normgrad.ts';

const files = folderWith();
const cwd = files.folder;
afterAll(files.remove);
const small = [
  '--dataset',
  'synthetic',
  '--limit',
  '64',
  '--test-limit',
  '20',
  '--epochs',
  '1',
  '--hidden',
  '8',
];

/** One run of the package in a process of its own, as users have it; what needs no process is in test/train/code. */
describe('a command in a folder of files', () => {
  it('reads TypeScript, parameter properties and enums too, and is the normgrad that they import', async () => {
    // Another normgrad is installed there, and is not the one that runs
    mkdirSync(join(cwd, 'node_modules/normgrad'), { recursive: true });
    writeFileSync(
      join(cwd, 'node_modules/normgrad/package.json'),
      '{"name":"normgrad","type":"module","exports":"./x.js"}',
    );
    writeFileSync(join(cwd, 'node_modules/normgrad/x.js'), 'throw new Error("the wrong one");');
    files.write('helper.mts', 'export const eps: number = 1e-5;');
    files.write(
      'typed.ts',
      `import { defineNorm, LayerNorm, type LayerNormOptions } from 'normgrad';
       import { eps } from './helper.mts';
       enum Kind { usual = 'usual' }
       class Typed extends LayerNorm {
         constructor(features: number, options: LayerNormOptions, private readonly kind = Kind.usual) {
           super(features, { ...options, eps });
           if (this.kind !== 'usual') throw new Error('no parameter properties');
         }
       }
       export default defineNorm<LayerNormOptions>({ name: 'typed', build: (features, options) => new Typed(features, options) });`,
    );
    const run = await normgrad(['train', '-q', ...small, '--norm', './typed.ts'], { cwd });
    const usual = await normgrad(['train', '-q', ...small, '--norm', 'layer'], { cwd });
    expect(run.stderr).toBe('');
    expect(run.stdout).toMatch(/^test accuracy/);
    const scores = (stdout: string) => stdout.replace(/\(.*/s, '');
    expect(scores(run.stdout)).toBe(scores(usual.stdout));
  });

  it('hands files on to the processes of a sweep; a path in a grid is from its folder on', async () => {
    mkdirSync(join(cwd, 'grids'));
    const grid = {
      base: { dataset: 'synthetic', limit: 64, testLimit: 20, epochs: 1, hidden: [8] },
      grid: { norm: ['layer', '../own-layer.mjs'] },
    };
    files.write('grids/grid.json', JSON.stringify(grid));
    const swept = await normgrad(['sweep', 'grids/grid.json', '--out', 'swept', '--jobs', '1'], { cwd });
    expect(swept.stdout).toContain('2 runs: 2 done');
    const compared = await normgrad(['compare', 'swept'], { cwd });
    expect(compared.stdout).toMatch(/│ layer .*\n│ own-layer /);
  });

  it('names the line of a syntax error, in JavaScript and in TypeScript', async () => {
    files.write('syntax.mjs', 'export const a = 1;\nexport default { b: , };\n');
    files.write('syntax.ts', 'export const a: number = 1;\n\nexport default { a: 1 b: 2 };\n');
    files.write('imports.mjs', "import './syntax.mjs';\nexport default 1;\n");
    const wrong = (norm: string) => normgrad(['explain', norm], { cwd });
    const [js, ts, imported] = await Promise.all(['syntax.mjs', 'syntax.ts', 'imports.mjs'].map(wrong));
    expect([js.code, js.stderr]).toEqual([2, "error: ./syntax.mjs:2: Unexpected token ','\n"]);
    expect([ts.code, ts.stderr]).toEqual([2, 'error: ./syntax.ts:3: Unexpected token, expected ","\n']);
    expect(imported.stderr).toContain('./syntax.mjs:2: Unexpected token');
  });
});

describe('the commands about norms', () => {
  const norm = files.at('own-layer.mjs');

  it('gradcheck: differences, laws, and which path is wrong', async () => {
    const right = await inProcess(['gradcheck', norm]);
    expect(right.stdout).toMatch(/│ own-layer │ train │ written │ dx .*✓/);
    expect(right.stdout).toMatch(/│ own-layer │ written │ T3 .*✓/);
    expect(right.code).toBe(0);
    const wrong = files.write(
      'wrong.mjs',
      `import { calculus, defineNorm, groupSets, Norm, rule } from 'normgrad';
       const { div, mean, mul, square, sqrt, add } = calculus;
       class Wrong extends Norm {
         forward(x) {
           return rule('wrong', groupSets(x.shape, 1), { x }, {}, ({ x }, norm) => {
             const r = norm.statistic('r', () => sqrt(add(mean(square(x)), 1e-5))), xHat = div(x, r);
             return [xHat, (dy) => ({ x: () => norm.paths({ direct: div(dy, r), r: div(mul(xHat, mean(mul(dy, xHat))), r) }) })];
           }).y;
         }
       }
       export default defineNorm({ name: 'wrong', build: () => new Wrong() });`,
    );
    const { stdout, code } = await inProcess(['gradcheck', wrong]);
    expect(stdout).toContain('wrong train written dx: looks like the path through r has the sign wrong');
    expect(code).toBe(1);
  });

  it('explain, and its page; quiz; a name that is none', async () => {
    expect((await inProcess(['explain', norm])).stdout).toContain(`normgrad gradcheck ${norm}`);
    await inProcess(['explain', norm, '--docs', files.at('pages')]);
    const page = readFileSync(files.at('pages/own-layer.md'), 'utf8');
    expect(page).toContain(`\`--norm ${norm}\``);
    expect(page).not.toContain('](../');
    const none = await inProcess(['explain', './layer.py']);
    expect(none.stderr).toContain('./layer.py is no norm: a file of code ends in .mjs');
    expect(none.code).toBe(2);
  });
});
