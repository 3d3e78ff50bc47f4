import { describe, expect, it } from 'vitest';
import { registry } from '../../src/nn/norm/registry.ts';
import { setsAnswer } from '../../src/page/panels/sets/answer.ts';
import { inProcess } from '../cli/inProcess.ts';
import { executablePath, open } from './open.ts';

it.each(registry.map(({ name, kind }) => [name, kind] as const))(
  '%s: each row of its Jacobian by the backward pass is what differences say',
  (norm, kind) => {
    const shape = kind === 'weight' ? [4, 2] : [4, 1, 2, 2];
    const { differences, unit } = setsAnswer({ norm, request: { shape, virtualBatch: 2 } });
    expect(Math.max(...differences)).toBeLessThan(1e-6 * unit);
  },
);

describe.skipIf(executablePath === undefined)('the panel of who talks to whom', () => {
  it('goes to another output by the arrow keys, across the small images, with the digits of its command', async () => {
    const { page, settled } = await open('#/sets?norm=instance&beside=none&n=2&c=2');
    await page.locator('.elements [tabindex="0"]').focus();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowUp', 'ArrowUp', 'ArrowUp'])
      await page.keyboard.press(key);
    const name = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(name).toMatch(/^n0 h0 w1 c0: dx 0\.\d+, shares statistics$/);
    await expect.poll(() => page.url()).toContain('at=0,1,0');
    await settled();
    expect(await page.locator('.elements .member').count()).toBe(4);
    const command = (await page.locator('.foot code').textContent())!;
    expect(command).toBe('normgrad explain instance --shape 2,2,2,2 --at 0,0,1,0');
    const { stdout } = await inProcess(command.split(' ').slice(1));
    const digits = await page.locator('main .digits').allTextContents();
    expect(digits).toHaveLength(2 + 16);
    expect(digits.filter((text) => !stdout.includes(text))).toEqual([]);
  });

  it('keeps the focus on the chosen element where keys come faster than frames', async () => {
    const { page } = await open('#/sets?norm=instance&beside=none&n=2&c=2');
    await page.locator('.elements [tabindex="0"]').focus();
    await page.evaluate(async () => {
      for (let i = 0; i < 3; i++) {
        const key = new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true, cancelable: true });
        document.activeElement!.dispatchEvent(key);
        // Long enough to be drawn, and too short for what comes after a frame
        await new Promise((resolve) => setTimeout(resolve));
      }
    });
    const name = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(name).toMatch(/^n0 h0 /);
  });

  it('says that constant statistics tell nobody else, why a norm refuses a shape, and what is no element', async () => {
    const { page, settled } = await open('#/sets?beside=none&backward=detached');
    expect(await page.locator('.checks .fails').count()).toBe(1);
    const told = await page.locator('.checks').textContent();
    expect(told).toContain('16 of 64 elements, itself among them; 1 of them');

    await page.evaluate(() => {
      location.hash = '#/sets?beside=none&n=1&p=1&at=1,-2,0';
    });
    const problems = () => page.locator('.problem').allTextContents();
    await expect.poll(problems).toHaveLength(2);
    await settled();
    expect(await problems()).toEqual([
      expect.stringContaining('at=1,-2,0 must be whole numbers from 0'),
      expect.stringContaining('BatchNorm'),
    ]);
  });
});
