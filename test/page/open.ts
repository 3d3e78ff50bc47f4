import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
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

interface Host {
  browser: Browser;
  url: string;
  tabs: Map<string, { page: Page; complaints: string[] }>;
}

/** One server and one Chromium for all files of a worker: to start them takes as long as the tests of a panel. They end with it. */
let host: Promise<Host> | undefined;

async function start(): Promise<Host> {
  const server = serverOf(join(packageFolder, 'docs'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const browser = await chromium.launch({ executablePath, args: chromiumFlags });
  const { port } = server.address() as AddressInfo;
  return { browser, url: `http://127.0.0.1:${port}/page/`, tabs: new Map() };
}

/** The built page in a Chromium: `open('#/paths?norm=rms')`. A tab is used again, emptied: a new one costs a second. */
export async function open(hash = '', look: Look = {}): Promise<Opened> {
  host ??= start();
  const { browser, url, tabs } = await host;
  const { width = 1000, height = 900, dark = false, script = '' } = look;
  const { page, complaints } = tabs.get(script) ?? (await newTab(browser, look));
  tabs.set(script, { page, complaints });
  await page.goto('about:blank');
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
  complaints.length = 0;
  await page.goto(`${url}${hash}`);
  const settled = async () => {
    // What has just been done is drawn with the next frame, and until then the page says what it said before.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
    await page.locator('main[data-settled="yes"]').waitFor();
  };
  await settled();
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.startsWith('request: ')));
  return { page, complaints, settled };
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
