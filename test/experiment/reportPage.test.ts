import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import type { Browser } from 'playwright';
import { afterAll, describe, expect, it } from 'vitest';
import { html, htmlPage } from '../../src/charts/html.ts';
import { pageStyle } from '../../src/charts/pageStyle.ts';
import { experimentPage } from '../../src/experiment/reportPage.ts';
import { chromiumOnce, chromiumPath } from '../browser/chromiumOnce.ts';
import { hostile, hostilePlan, hostileResults, image, script } from './hostile.ts';

const page = experimentPage(hostile, hostileResults, { plan: hostilePlan, command: `normgrad ${script}` });

it('has every part of a report', () => {
  const headings = [...page.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, heading]) => heading);
  expect(headings).toEqual(['Claims', 'Figure', 'Results', 'Setup', 'Run it again', 'Every run']);
  expect(page).toContain('<b>0 of 1</b> claims held, 1 failed');
  expect(page).toContain(
    'measured 4, 95 % interval 4 to 4 by the jackknife, n = 2 seeds, wanted at least 100',
  );
  expect(page).toContain('<b>4 runs</b>, 1 diverged, 1 failed');
  // Mean ± std, with n where it is not the same everywhere.
  expect(page).toMatch(/<td class="" data-head="[^"]*">50\.00 (\(n=1, 1 diverged\)|± 0\.00 \(n=2\))<\/td>/);
});

it('shows a claim that the seeds do not decide as such', () => {
  const open = { ...hostile, claims: [{ says: script, level: {}, of: 'testError' as const, atMost: 60 }] };
  const text = experimentPage(open, hostileResults, { plan: hostilePlan, command: '' });
  expect(text).toContain('<b>0 of 1</b> claims held, 1 not decided');
  expect(text).toContain('<span class="verdict open">? not decided</span>');
  expect(text).toContain('1 seed without a value, no interval, wanted at most 60');
});

it('lists every run with its settings and what became of it', () => {
  expect(page.match(/<span class="held">done<\/span>/g)).toHaveLength(2);
  expect(page).toContain('<span class="failed">diverged</span>');
  expect(page).toContain('<span class="failed">failed</span> &lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).toContain('<dt>batchSize</dt><dd>64</dd>');
  const unknown = experimentPage(hostile, hostileResults, { plan: [], command: '' });
  expect(unknown).not.toContain('<dt>batchSize</dt>');
});

it('says first what the runs have chosen, and folds the defaults away', () => {
  const [, open, folded] = page.match(/What all runs share<\/summary>(.*?)<details>(.*?)<\/details>/s)!;
  expect(folded).toMatch(/^<summary>\d+ more settings, at the default<\/summary>/);
  const names = (part: string) => [...part.matchAll(/<dt>([^<]*)<\/dt>/g)].map(([, name]) => name);
  expect(names(open)).toEqual(expect.arrayContaining(['dataset', 'limit', 'hidden', 'batchSize', 'epochs']));
  expect(open).not.toContain('<dd>default</dd>');
  expect(names(folded)).toEqual(expect.arrayContaining(['augment', 'nesterov', 'clip']));
});

it('says of a smoke run that its numbers say nothing', () => {
  const smoke = experimentPage(
    hostile,
    { ...hostileResults, smoke: true },
    { plan: hostilePlan, command: '' },
  );
  expect(smoke).toContain('<p class="note">A smoke run');
  expect(smoke).toContain('? not judged');
  expect(smoke).not.toContain('claims held');
  expect(smoke).not.toContain('Published numbers');
});

it('keeps hostile text text', () => {
  expect(page).not.toContain('<script');
  expect(page).not.toContain('<img');
  expect(page.match(/<title>/g)).toHaveLength(1);
  expect(page.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;/g)!.length).toBeGreaterThan(15);
});

describe.skipIf(chromiumPath === undefined)('in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-report-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Opens a page from the disk and writes down what it asks for and what runs in it. */
  async function open(content: string, options: Parameters<Browser['newPage']>[0] = {}) {
    const file = join(folder, 'report.html');
    writeFileSync(file, content);
    const tab = await (await chromiumOnce()).newPage(options);
    const requests: string[] = [];
    const dialogs: string[] = [];
    tab.on('request', (request) => requests.push(request.url()));
    tab.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      return dialog.dismiss();
    });
    await tab.goto(pathToFileURL(file).href, { waitUntil: 'networkidle' });
    return { tab, requests, dialogs, own: pathToFileURL(file).href };
  }

  it('asks nobody for anything, runs nothing, and shows hostile names as they are', async () => {
    const { tab, requests, dialogs, own } = await open(page);
    expect(requests).toEqual([own]);
    expect(dialogs).toEqual([]);
    expect(await tab.locator('script, img, iframe, link, [onerror], [onload]').count()).toBe(0);
    expect(await tab.title()).toBe(`${script} · normgrad`);
    expect(await tab.locator('h1').innerText()).toBe(script);
    expect(await tab.locator('.question').innerText()).toBe(`${image} really?`);
    expect(await tab.locator('svg').first().getAttribute('aria-label')).toBe(script);
    await tab.close();
  });

  it('would run nothing and load nothing even if markup came through', async () => {
    const asked: (string | undefined)[] = [];
    const attacker = createServer(({ url }, response) => {
      asked.push(url);
      response.end();
    });
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
    const host = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}`;
    const markup = `<script>document.title = 'owned'; alert(1)</script><img src="${host}/x.png" onerror="alert(2)">
      <style>@import "${host}/x.css"; h1 { color: rgb(1, 2, 3) }</style><h1 onclick="alert(3)">here</h1>
      <iframe src="${host}/frame"></iframe><link rel="stylesheet" href="${host}/y.css">`;
    const { tab, dialogs } = await open(page.replace('<main>', `<main>${markup}`));
    const heading = tab.locator('h1').first();
    await heading.click();
    expect(await tab.title()).toBe(`${script} · normgrad`);
    expect(await heading.evaluate((h1) => getComputedStyle(h1).color)).not.toBe('rgb(1, 2, 3)');
    expect(dialogs).toEqual([]);
    expect(asked).toEqual([]);
    await tab.close();
    attacker.close();
  });

  it('reads any text as it was', async () => {
    const texts = fc.sample(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[<>&"'`/= a-z;#-]*$/)),
      { numRuns: 300, seed: 1 },
    );
    const body = html`<ol>${texts.map((text) => html`<li title="${text}">${text}</li>`)}</ol>`;
    const { tab } = await open(htmlPage({ title: '', style: pageStyle, body }));
    const read = await tab
      .locator('li')
      .evaluateAll((items) => items.map((item) => [item.getAttribute('title'), item.textContent]));
    expect(read).toEqual(texts.map((text) => [text, text]));
    await tab.close();
  });

  it('cuts no caption and no table of results off on a telephone: only the list of runs scrolls, in a box of its own', async () => {
    const { tab } = await open(page, { viewport: { width: 390, height: 800 } });
    const boxes = await tab
      .locator('.scroll')
      .evaluateAll((all) =>
        all.map(({ ariaLabel, scrollWidth, clientWidth }) => [ariaLabel, scrollWidth > clientWidth]),
      );
    expect(boxes.filter(([, scrolls]) => scrolls)).toEqual([['Every run', true]]);
    const captions = await tab
      .locator('.caption')
      .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().right));
    expect(captions.length).toBeGreaterThan(1);
    for (const right of captions) expect(right).toBeLessThanOrEqual(390);
    // Without its row of heads, every number says what it is.
    const cell = tab.locator('.stacks td').first();
    expect(await cell.evaluate((td) => getComputedStyle(td, '::before').content)).not.toBe('none');
    await tab.close();
  });

  it.each([
    ['a telephone', 360],
    ['a wide screen', 1600],
  ])('fits %s without scrolling sideways, and shows one picture of a figure', async (_, width) => {
    const { tab } = await open(page, { viewport: { width, height: 800 } });
    expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await tab.locator('figure .picture:visible').count()).toBe(1);
    await tab.close();
  });

  it('has readable text on dark and on light ground, and figures on white', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { tab } = await open(page, { colorScheme });
      const colors = await tab.locator('body').evaluate((body) => {
        const style = getComputedStyle(body);
        return [style.color, style.backgroundColor].map((color) =>
          color.match(/\d+/g)!.slice(0, 3).map(Number),
        );
      });
      const [text, ground] = colors.map(([r, g, b]) => (r + g + b) / 3);
      expect(Math.abs(text - ground)).toBeGreaterThan(170);
      expect(ground < 128).toBe(colorScheme === 'dark');
      const picture = tab.locator('figure svg:visible rect').first();
      expect(await picture.evaluate((rect) => getComputedStyle(rect).fill)).toBe('rgb(255, 255, 255)');
      await tab.close();
    }
  });
});
