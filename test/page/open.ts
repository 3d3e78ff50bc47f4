import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll } from 'vitest';
import { serverOf } from '../../src/cli/play/server.ts';
import { chromiumFlags, findChromium } from '../browser/chromium.ts';
import { packageFolder } from '../package.ts';

export const executablePath = findChromium();

export interface Opened {
  page: Page;
  /** What the page asked for after it had loaded, what failed, what its policy refused, and what it said on the console. */
  complaints: string[];
  /** Waits until the engine has answered, and nothing is on its way. */
  settled(): Promise<void>;
}

interface Look {
  width?: number;
  height?: number;
  dark?: boolean;
  /** A script that the page's own policy would not let in, run before it. */
  script?: string;
}

/** The built page, in a Chromium of this file's own: `open('#/paths?norm=rms')`. A tab is used again, emptied: a new one costs a second. */
export function usePage(): (hash?: string, look?: Look) => Promise<Opened> {
  let server: Server;
  let browser: Browser;
  const tabs = new Map<string, { page: Page; complaints: string[] }>();
  beforeAll(async () => {
    server = serverOf(join(packageFolder, 'docs'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath, args: chromiumFlags });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  return async (hash = '', look = {}) => {
    const key = JSON.stringify(look);
    const tab = tabs.get(key) ?? (await newTab(browser, look));
    tabs.set(key, tab);
    const { page, complaints } = tab;
    await page.goto('about:blank');
    const { width = 1000, height = 900, dark = false } = look;
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    const { port } = server.address() as AddressInfo;
    complaints.length = 0;
    await page.goto(`http://127.0.0.1:${port}/page/${hash}`);
    const settled = () => page.locator('main[data-settled="yes"]').waitFor();
    await settled();
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.startsWith('request: ')));
    return { page, complaints, settled };
  };
}

async function newTab(browser: Browser, { script }: Look) {
  const page = await browser.newPage({ reducedMotion: 'reduce' });
  if (script !== undefined) await page.addInitScript({ path: script });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', ({ message }) => complaints.push(`error: ${message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    // Threads of kernels; and the icon, which the browser fetches when it likes.
    if (!/^blob:|\/icon\.svg$/.test(request.url())) complaints.push(`request: ${request.url()}`);
  });
  return { page, complaints };
}
