import { describe, expect, it } from 'vitest';
import { inProcess } from '../cli/inProcess.ts';
import { executablePath, open } from './open.ts';

describe.skipIf(executablePath === undefined)('the panel of the three paths', () => {
  it('says that a backward pass without a path is wrong, and by how much', async () => {
    const { page, settled } = await open('#/paths?norm=layer');
    const checks = page.locator('.checks');
    expect(await checks.locator('.fails').count()).toBe(0);
    await page.getByLabel('μ', { exact: true }).check();
    await settled();
    expect(await checks.locator('.fails').first().textContent()).toContain(
      '0.1: this backward pass is wrong',
    );
    await expect.poll(() => page.url()).toContain('detach=mean');
  });

  it('moves with its sliders, by keys too, and its address with it', async () => {
    const { page, settled } = await open('#/paths');
    await page.getByLabel('x, element 4').focus();
    await page.keyboard.press('ArrowUp');
    await settled();
    await expect.poll(() => page.url()).toContain('x=1,2,3,6.25');
    const { stdout } = await inProcess(['explain', 'layer', '--x', '1,2,3,6.25', '--g', '.5,-1,.25,1']);
    const sigma = stdout.match(/σ ([\d.]+)/)![1];
    await expect
      .poll(() => page.locator('.remark').first().textContent())
      .not.toBe('μ 3.0000   v 3.5000   σ 1.8708');
    expect(await page.locator('main').textContent()).toContain(`σ ${sigma}`);
  });
});
