import { describe, expect, it } from 'vitest';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import { number, small } from '../../src/teach/numbers.ts';
import { judge } from '../../src/teach/quiz.ts';
import { executablePath, open } from './open.ts';

describe.skipIf(executablePath === undefined)('the exercise', () => {
  it('names the mistake, hints, and knows the right line when it sees it', async () => {
    const { page, settled } = await open('#/exercise?norm=rms&answer=g/r');
    const checks = page.locator('.checks');
    expect(await checks.textContent()).toContain('the path through r is missing');
    const { maxDiff, numeric } = judge(findNorm('rms'), 'g/r');
    expect(await checks.textContent()).toContain(small(maxDiff));
    const shown = await page.locator('.bars tr').last().locator('.digits').allTextContents();
    expect(shown).toEqual(numeric.map(number));

    await page.getByRole('button', { name: /Hint 1/ }).click();
    expect(await page.locator('.hints li').count()).toBe(1);
    await page.getByRole('button', { name: 'Show the answer' }).click();
    const solution = (await page.locator('code', { hasText: 'dx = (' }).textContent())!;
    await page.getByLabel('dx =').fill(solution);
    await page.keyboard.press('Enter');
    await settled();
    expect(await checks.textContent()).toContain('exact');
  });

  it('takes whatever an address says for text, and says what it cannot read', async () => {
    const { page, complaints, settled } = await open('#/exercise');
    const checks = page.locator('.checks');
    for (const text of ['alert(1)', '"><img src=x>', 'x.constructor', '((']) {
      await page.evaluate(
        (hash) => {
          location.hash = hash;
        },
        `#/exercise?answer=${encodeURIComponent(text)}`,
      );
      await expect.poll(() => page.getByLabel('dx =').inputValue()).toBe(text);
      await settled();
      await expect.poll(() => checks.textContent()).toContain('cannot read that');
    }
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
