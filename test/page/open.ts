import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page, Request } from 'playwright';
import { serverOf } from '../../src/cli/play/server.ts';
import { chromiumOnce, chromiumPath } from '../browser/chromiumOnce.ts';
import { packageFolder } from '../package.ts';

export const executablePath = chromiumPath;

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
}

interface Host {
  url: string;
  page: Page;
  complaints: string[];
  /** How often it was opened. */
  times: number;
}

/** One server and tab for all files of a worker, with which they end. */
let host: Promise<Host> | undefined;

async function start(): Promise<Host> {
  const server = serverOf(join(packageFolder, 'docs'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/page/`, times: 0, ...(await newTab(await chromiumOnce())) };
}

/**
 * The built page in a Chromium: `open('#/paths?norm=rms')`. It is loaded anew, with another query, in the same tab. An empty page
 * between the two would cost a new process of Chromium's, which takes thrice as long as the page.
 */
export async function open(hash = '', look: Look = {}): Promise<Opened> {
  host ??= start();
  const opened = await host;
  const { page, complaints, url } = opened;
  const { width = 1000, height = 900 } = look;
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: 'light' });
  complaints.length = 0;
  await page.goto(`${url}?${++opened.times}${hash}`);
  const settled = async () => {
    // What has just been done is drawn with the next frame, and until then the page says what it said before.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
    await page.locator('main[data-settled="yes"]').waitFor();
  };
  await settled();
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.startsWith('request: ')));
  return { page, complaints, settled };
}

async function newTab(browser: Browser) {
  const page = await browser.newPage({ reducedMotion: 'reduce' });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', ({ message }) => complaints.push(`error: ${message}`));
  // Not those that the page before had begun.
  let own = new Set<Request>();
  page.on('requestfailed', (request) => {
    if (own.has(request) && !isIcon(request)) complaints.push(`failed: ${request.url()}`);
  });
  page.on('request', (request) => {
    if (request.isNavigationRequest()) own = new Set();
    own.add(request);
    // blob: are threads of kernels.
    if (!request.url().startsWith('blob:') && !isIcon(request)) complaints.push(`request: ${request.url()}`);
  });
  return { page, complaints };
}

/** The browser fetches it when it likes, and gives it up when another page comes. */
const isIcon = (request: Request): boolean => request.url().endsWith('/icon.svg');
