import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromJson } from '../../src/json.ts';
import { verdictOf } from '../../src/page/panels/tape/verdict.ts';
import type { Tape, Trace } from '../../src/train/trace/format.ts';
import { inProcess } from '../cli/inProcess.ts';
import { executablePath, open } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-tape-'));
const file = join(folder, 'trace.json');
beforeAll(async () => {
  const flags = [
    '--dataset',
    'synthetic',
    '--limit',
    '40',
    '--test-limit',
    '10',
    '--hidden',
    '4',
    '--epochs',
    '1',
  ];
  const { code } = await inProcess(['train', ...flags, '--out', join(folder, 'run'), '--trace', file, '-q']);
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what is said of the tape of a run', () => {
  const tape = (): Tape => (fromJson(readFileSync(file, 'utf8')) as Trace).tape!;

  it('is where the gradient is largest', () => {
    const own = tape();
    const norms = own.operations.slice(0, -1).map(({ gradient }) => gradient?.norm ?? -1);
    const at = norms.indexOf(Math.max(...norms));
    expect(verdictOf(own).remark(at)).toMatchObject({ kind: 'largest' });
    expect(verdictOf(own).says).toContain('no operation is without one');
  });

  it('is up to where it is frozen; images that are reshaped need no gradient', () => {
    const own = tape();
    const first = own.operations.findIndex(({ inputs }) => inputs.some(({ from }) => from === 'parameter'));
    own.operations[first].gradient = null;
    own.operations[first + 1].gradient!.norm = 0;
    own.parameters[0].gradient = null;
    const verdict = verdictOf(own);
    expect(verdict.says).toMatch(new RegExp(`^Frozen: up to operation ${first + 1} .* 1 of \\d+ parameters`));
    expect(Array.from({ length: first + 3 }, (_, i) => verdict.remark(i)?.kind === 'frozen')).toEqual([
      ...new Array(first).fill(false),
      true,
      true,
      false,
    ]);
  });

  it('is where numbers are none', () => {
    const own = tape();
    own.operations[2].data.odd = 3;
    expect(verdictOf(own).says).toBe('Operation 2 is the first with numbers that are NaN or infinite.');
    expect(verdictOf(own).remark(2)!.says).toContain('3 of its numbers');
  });
});

describe.skipIf(executablePath === undefined)('the panel of the tape', () => {
  it('goes operation by operation, by keys alone, to the dx that explain prints', async () => {
    const { page } = await open('#/tape?norm=layer&step=0');
    const [status, slider] = [
      page.locator('.tape-stepper [role=status]'),
      page.locator('.tape-stepper input'),
    ];
    expect(await status.textContent()).toContain('Nothing has been computed');
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => status.textContent()).toBe('Forward: μ = mean x.');
    expect(await page.locator('.tape-node.later').count()).toBe(9);
    for (let i = 0; i < 13; i++) await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => status.textContent())
      .toContain('x − μ, for x̂ hands its gradient on to x and to μ');
    await expect.poll(() => page.url()).toContain('step=14');
    // One of three has arrived.
    await page.locator('.tape-node').first().focus();
    await expect
      .poll(() => page.locator('.tape-details').textContent())
      .toContain('they are added; 1 so far');
    await slider.focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.locator('.tape-details').textContent()).toContain('the sum of 3');
    const { stdout } = await inProcess(['explain', 'layer', '--x', '1,2,3,6', '--g', '.5,-1,.25,1']);
    const dx = stdout
      .match(/^ *dx +([-\d. ]+?)(?: {2,}keeps|$)/m)![1]
      .trim()
      .split(/\s+/);
    for (const row of await page.locator('.tape-ends tr').all()) {
      expect(await row.locator('td').allTextContents()).toEqual(dx);
    }
    expect(await page.locator('.checks .fails').count()).toBe(0);
  });

  it('says that a dx without the path through the mean is wrong, and shows where the gradient stops', async () => {
    const { page, settled } = await open('#/tape?norm=layer');
    await page.getByLabel('μ', { exact: true }).check();
    await settled();
    expect(await page.locator('.checks .fails').textContent()).toContain('this dx is wrong');
    expect(await page.locator('.lead').textContent()).toContain('x goes into two of them');
    expect(await page.locator('.tape-node.constant').textContent()).toContain('no gradient');
  });

  it('opens a run of one’s own, and says what is wrong with a file that is none', async () => {
    const { page, complaints } = await open('#/tape');
    const input = page.locator('input[type=file]');
    await input.setInputFiles(file);
    const run = page.locator('.tape-run');
    await run.waitFor();
    const { operations } = (fromJson(readFileSync(file, 'utf8')) as Trace).tape!;
    expect(await run.locator('tbody td:nth-child(2)').count()).toBe(operations.length);
    expect(await run.textContent()).toContain('▲ the largest gradient');
    // Dropped, under a name that is no text for a page.
    const [name, text] = ['<img src=x onerror=alert(1)>.json', readFileSync(file, 'utf8').slice(0, 3000)];
    const dataTransfer = await page.evaluateHandle(
      ([name, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], name));
        return transfer;
      },
      [name, text],
    );
    await page.locator('.open-trace').dispatchEvent('drop', { dataTransfer });
    const problem = page.locator('[role=alert]');
    await expect
      .poll(() => problem.textContent())
      .toContain(`“${name}” cannot be shown. It is no JSON, or was cut off`);
    expect(await page.locator('img').count()).toBe(0);
    expect(await run.count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
