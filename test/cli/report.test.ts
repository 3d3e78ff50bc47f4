import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRuns } from '../experiment/madeUpRuns.ts';
import { inProcess } from './inProcess.ts';
import { jsonLines, normgrad } from './normgrad.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-report-cli-'));
const runs = join(folder, 'runs');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => makeRuns(runs));

describe('report', () => {
  it('of runs without an experiment: curves, comparison, every run', async () => {
    const { code, stdout } = await inProcess(['report', runs]);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(join(runs, 'report.html'));
    const page = readFileSync(join(runs, 'report.html'), 'utf8');
    expect(page).toContain('<h1>Runs in runs</h1>');
    expect(page).toContain('<b>5 runs</b> done');
    expect(page).toContain('<b>1 run</b> diverged');
    expect(page).toContain('Test accuracy over epoch.');
    // The mean over the seeds, and the difference from the runs without norm, seed by seed.
    expect(page).toMatch(
      /61\.5 ± 0\.7 \(n=2\)<\/td><td class="" data-head="difference">\+10\.00 ± 0\.00 \(n=2\)/,
    );
    expect(page).toContain('71.00 (n=1, 1 diverged)');
    expect(page).toContain('diverged</span> loss NaN at step 7');
    expect(page).toContain('failed</span> &lt;b&gt;out of luck&lt;/b&gt;');
    expect(page).toContain('normgrad sweep grid.json');
    expect(page).not.toMatch(/<script|src=|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  it('of an experiment is in its folder, and made again with the file of the experiment', async () => {
    const out = join(folder, 'mine');
    writeFileSync(
      join(folder, 'mine.mjs'),
      `import { defineExperiment } from 'normgrad/experiment';
      export default defineExperiment({
        name: 'mine', title: 'Mine', question: 'Why?', source: { paper: 'None.', kept: 'None.', scaled: 'None.' },
        grid: { norm: ['none', 'layer'] }, seeds: 1, model: { hidden: [8] },
        data: { dataset: 'synthetic', limit: 40, testLimit: 20 }, training: { epochs: 1 },
        figure: { x: 'epoch', y: 'testAccuracy' },
        claims: [{ says: 'Two runs.', check: ({ runs }) => runs.length === 2 }],
      });`,
    );
    const { stdout } = await normgrad(['experiment', './mine.mjs', '--out', out, '--jobs', '1'], {
      cwd: folder,
    });
    expect(stdout).toContain(`report: ${join(out, 'report.html')}`);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('<code>normgrad experiment ./mine.mjs</code>');
    expect(page).toContain('✓ held');
    const refused = await inProcess(['report', out]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`normgrad report ${out} --experiment ./mine.`);
    const { code } = await normgrad(['report', out, '--experiment', './mine.mjs'], { cwd: folder });
    expect(code).toBe(0);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toBe(page);
  });
});

describe('plot', () => {
  it('shows curves in the terminal, and leaves out what is not finished', async () => {
    const { code, stdout, stderr } = await inProcess(['plot', runs]);
    expect(code).toBe(0);
    expect(stdout).toContain('Test accuracy over epoch');
    expect(stdout).toContain('■ layer, batchSize 8');
    expect(stdout).toContain('mean of n = 2 seeds, band ± 1 sample standard deviation');
    expect(stderr).toContain('unfinished, and left out: 1');
  });

  it('writes SVG by the ending of the file, and the chart as data', async () => {
    const out = join(folder, 'figure.svg');
    const args = ['plot', runs, '--x', 'batchSize', '--y', 'testError', '--band', 'ci95', '--out', out];
    const { stdout } = await inProcess([...args, '--json']);
    const { file, chart } = jsonLines(stdout).at(-1) as unknown as { file: string; chart: object };
    expect(file).toBe(out);
    expect(chart).toMatchObject({ band: 'ci95', series: [{ name: 'layer' }, { name: 'none' }] });
    const svg = readFileSync(out, 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).toContain('>batch size</text>');
    expect(svg).toContain('>test error (%)</text>');
  });

  it('writes PNG', async () => {
    const out = join(folder, 'figure.png');
    const { code, stdout, stderr } = await inProcess(['plot', runs, '--out', out]);
    // On a machine without fonts that is an error of its own (test/charts/png.test.ts).
    if (stderr.includes('no font was found')) return;
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(out);
    expect(readFileSync(out, 'latin1').slice(1, 4)).toBe('PNG');
  });

  it('says how to get PNG where its package is missing', async () => {
    const hook = pathToFileURL(join(folder, 'hook.mjs'));
    writeFileSync(
      hook,
      `export async function resolve(specifier, context, next) {
        if (specifier === '@resvg/resvg-js') throw new Error('Cannot find package');
        return next(specifier, context);
      }`,
    );
    const register = join(folder, 'register.mjs');
    writeFileSync(register, `import { register } from 'node:module'; register('${hook.href}');`);
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(register).href}` };
    const out = join(folder, 'missing.png');
    const { code, stderr } = await normgrad(['plot', runs, '--out', out], { env });
    expect(stderr).toContain('PNG needs the package @resvg/resvg-js');
    expect(stderr).toContain('install it: npm install @resvg/resvg-js');
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    [['--y', 'testAcuracy'], '--y: unknown measure "testAcuracy" (did you mean "testAccuracy"?)'],
    [['--by', 'norm'], '--by: runs of one group also differ in batchSize'],
    [['--out', 'figure.gif'], '--out figure.gif: its ending says no format'],
  ])('%j is a usage error', async (args, message) => {
    const { code, stderr } = await inProcess(['plot', runs, ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
