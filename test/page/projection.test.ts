import { describe, expect, it } from 'vitest';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import { keptOf } from '../../src/page/panels/projection/answer.ts';
import { executablePath, open } from './open.ts';

describe('what random gradients keep', () => {
  it.each([
    'batch',
    'layer',
    'layer-position',
    'instance',
    'group',
    'rms',
    'adain',
    'conditional-instance',
    'weight-standardization',
  ])('%s: (m − k)/m of their energy', (name) => {
    for (const m of [2, 3, 8, 32]) {
      const { mean, expected, deviation, draws } = keptOf(findNorm(name), 'train', m);
      expect(expected).toBeCloseTo((m - (name === 'rms' ? 1 : 2)) / m, 12);
      expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(draws) + 1e-3);
    }
  });

  it('all, where the statistics are constants', () => {
    expect(keptOf(findNorm('batch'), 'eval', 4).mean).toBeCloseTo(1, 12);
  });
});

describe.skipIf(executablePath === undefined)('the panel of the projection', () => {
  it('shows how much m values pass; a line with the mean, a plane without it, everything in evaluation', async () => {
    const { page, settled } = await open('#/projection');
    const gauge = page.locator('.checks').last();
    expect(await gauge.textContent()).toContain('(m − 2)/m = 0.0 %');
    await page.getByLabel('m, the values of a set').fill('20');
    await settled();
    await expect.poll(() => gauge.textContent()).toContain('(m − 2)/m = 90.0 %');
    expect(await gauge.locator('.holds').count()).toBe(1);

    expect(await page.locator('.space .line-left').count()).toBe(1);
    await page.getByLabel('Norm').selectOption('rms');
    await settled();
    await expect.poll(() => page.locator('h2').first().textContent()).toBe('Three values: a plane is left');
    expect(await page.locator('.space .line-left').count()).toBe(0);
    await page.getByLabel('Norm').selectOption('batch');
    await page.getByLabel('evaluation').check();
    await settled();
    await expect.poll(() => page.locator('.shares .digits').allTextContents()).toEqual(['100.0 %']);
  });
});
