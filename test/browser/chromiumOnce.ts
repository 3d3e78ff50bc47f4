import { type Browser, chromium } from 'playwright';
import { chromiumFlags, findChromium } from './chromium.ts';

/** Where it is; undefined: there is none, and its tests are skipped. */
export const chromiumPath = findChromium();

let browser: Promise<Browser> | undefined;

/** One Chromium for all files of a worker, with which it ends: to start one takes longer than most tests in it. */
export function chromiumOnce(): Promise<Browser> {
  browser ??= chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  return browser;
}
