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
  reducedMotion?: boolean;
  /** A script that the page's own policy would not let in, run before it. */
  script?: string;
}

/** The built page, in a Chromium of this file's own: `open('#/paths?norm=rms')`. */
export function usePage(): (hash?: string, look?: Look) => Promise<Opened> {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = serverOf(join(packageFolder, 'docs'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath, args: chromiumFlags });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  return async (
    hash = '',
    { width = 1000, height = 900, dark = false, reducedMotion = true, script } = {},
  ) => {
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    });
    if (script !== undefined) await page.addInitScript({ path: script });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', ({ message }) => complaints.push(`error: ${message}`));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/page/${hash}`);
    const settled = () => page.locator('main[data-settled="yes"]').waitFor();
    await settled();
    page.on('request', (request) => {
      // Threads of kernels; and the icon, which the browser fetches when it likes.
      if (!/^blob:|\/icon\.svg$/.test(request.url())) complaints.push(`request: ${request.url()}`);
    });
    return { page, complaints, settled };
  };
}
