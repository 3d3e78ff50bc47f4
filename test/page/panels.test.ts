import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright';
import { afterAll, describe, expect, it } from 'vitest';
import { steps } from '../../src/page/path/steps.ts';
import { inProcess } from '../cli/inProcess.ts';
import { packageFolder } from '../package.ts';
import { executablePath, open } from './open.ts';

/** Put in by the tools of the browser: the page's own policy would not let it in. */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** As in the list of panels; a panel that is not here is found by the test of the list. */
const panels = ['sets', 'paths', 'projection', 'tape', 'duel', 'evaluation', 'exercise'];

/** What axe, a checker of accessibility, has to say. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
      resultTypes: ['violations'],
    }),
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`),
  );
}

async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((address) => {
    location.hash = address;
  }, hash);
}

describe.skipIf(executablePath === undefined)('every panel of the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-page-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(panels)(
    '%s: no fault for axe, light or dark; fits 320 pixels; has the digits of its command; asks for nothing more',
    async (name) => {
      const { page, complaints, settled } = await open(name === 'sets' ? '#/sets?n=2&c=2' : `#/${name}`);
      await page.evaluate(axe);
      expect(await page.locator('nav a[aria-current]').getAttribute('href')).toBe(`#/${name}`);
      expect((await page.locator('.lead').textContent())!.length).toBeGreaterThan(100);
      expect(await violations(page)).toEqual([]);

      const commands = await page.locator('.foot code').allTextContents();
      const own = commands.filter((command) => command.startsWith('normgrad '));
      if (own.length > 0) {
        let printed = '';
        for (const [i, command] of own.entries()) {
          const out = command.startsWith('normgrad train') ? ['--out', join(folder, `${name}${i}`)] : [];
          const { all, code } = await inProcess([...command.split(' ').slice(1), ...out]);
          expect(code).toBe(0);
          printed += all;
        }
        const digits = await page.locator('main .digits').allTextContents();
        expect(digits.filter((text) => !printed.includes(text))).toEqual([]);
        expect(digits.length).toBeGreaterThan(3);
      }

      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 320, height: 700 });
      await settled();
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
      expect(complaints).toEqual([]);
    },
  );

  it('has these panels and no others, and all of it weighs less than 150 kB', async () => {
    const { page } = await open();
    const links = await page
      .locator('nav a')
      .evaluateAll((all) => all.map((each) => each.getAttribute('href')));
    expect(links).toEqual(panels.map((name) => `#/${name}`));
    const folder = join(packageFolder, 'docs/page');
    const loaded = readdirSync(folder).filter((file) => file !== 'licenses.md');
    const sizes = loaded.map((file) => {
      const bytes = readFileSync(join(folder, file));
      return file.endsWith('.gz') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
    });
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150_000);
  });

  it('documents lead to panels that have the norm', async () => {
    const folder = join(packageFolder, 'docs/norms');
    const text = readdirSync(folder)
      .filter((file) => file.endsWith('.md'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join();
    const links = [...text.matchAll(/127\.0\.0\.1:\d+\/page\/(#\/(\w+)\?\w+=([\w-]+))/g)];
    expect(links.length).toBeGreaterThan(100);
    const { page } = await open();
    for (const panel of new Set(links.map(([, , name]) => name))) {
      await go(page, links.find(([, , name]) => name === panel)![1]);
      await page.locator(`nav a[aria-current][href="#/${panel}"]`).waitFor();
      expect(await page.locator('.problem').count()).toBe(0);
      const options = await page
        .locator('main select option')
        .evaluateAll((all) => all.map((each) => (each as HTMLOptionElement).value));
      const missing = links
        .filter(([, , name, norm]) => name === panel && !options.includes(norm))
        .map(([, link]) => link);
      expect(missing).toEqual([]);
    }
  });

  it('paints before the engine is there, and says so if it never comes', async () => {
    const { page } = await open();
    await page.route('**/engine.js', (route) => route.abort());
    await page.reload();
    expect(await page.locator('h1').textContent()).toContain('?');
    await expect.poll(() => page.locator('.problem').textContent()).toContain('Nothing can be computed');
    await page.unroute('**/engine.js');
  });

  it('works on a host that sends no headers of ours: the same numbers, on one thread', async () => {
    const { page, settled } = await open('#/duel?steps=8');
    const shown = () => page.locator('main .digits').allTextContents();
    const before = await shown();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.route('**/page/**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { 'content-type': response.headers()['content-type'] } });
    });
    await page.reload();
    await settled();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await shown()).toEqual(before);
    await page.unroute('**/page/**');
  });

  it('every question of the path leads to a state that its panel can read', async () => {
    const { page, complaints, settled } = await open();
    await page.getByRole('link', { name: /Ten questions/ }).click();
    for (const [at, { question, answer }] of steps.entries()) {
      await expect.poll(() => page.locator('.strip .question').textContent()).toBe(question);
      await settled();
      expect(await page.locator('.problem').allTextContents()).toEqual([]);
      await page.getByRole('button', { name: 'What does it show?' }).click();
      expect(await page.locator('.strip').textContent()).toContain(answer);
      if (at < steps.length - 1) await page.getByRole('link', { name: 'Next question' }).click();
    }
    expect(complaints).toEqual([]);
  });

  it('takes a hostile address for text, says what it could not read, and shows its initial state', async () => {
    const { page, complaints, settled } = await open(
      '#/paths?norm=<script>alert(1)</script>&x=1e999,2&mode=eval&__proto__=1&detach=constructor',
    );
    const said = (await page.locator('.problem').textContent())!;
    for (const part of ['norm=<script>', 'x=1e999,2', '__proto__=1', 'detach=constructor'])
      expect(said).toContain(part);
    expect(await page.getByLabel('evaluation').isChecked()).toBe(true);
    await go(page, '#/no-such-panel/../../<img>');
    await settled();
    await expect.poll(() => page.locator('.problem').first().textContent()).toContain('There is no panel');
    expect(complaints).toEqual([]);
  });

  it('is walked through with the keyboard alone', async () => {
    const { page, settled } = await open('', { width: 600 });
    for (let i = 0; i < panels.length; i++) {
      await page.locator('.skip').focus();
      for (let tabs = 0; tabs <= i; tabs++) await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      const current = () => page.locator('nav a[aria-current]').getAttribute('href');
      await expect.poll(current).toBe(`#/${panels[i]}`);
      await settled();
      // Every control of the panel is reached, shows that it has the focus, and lets go of it
      const controls = await page
        .locator('main :is(a, button:enabled, select, input:enabled, textarea)')
        .count();
      let within = 0;
      for (let tabs = 0; tabs < controls + 40; tabs++) {
        await page.keyboard.press('Tab');
        const where = await page.evaluate(() => {
          const element = document.activeElement!;
          const { outlineStyle } = getComputedStyle(element);
          return {
            inMain: element.closest('main') !== null && element.tagName !== 'MAIN',
            outline: outlineStyle,
            tag: element.tagName,
          };
        });
        if (where.tag === 'BODY') break;
        if (!where.inMain) continue;
        within++;
        expect(where.outline).not.toBe('none');
      }
      expect(within).toBeGreaterThan(3);
    }
  });
});
