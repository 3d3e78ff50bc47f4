/** docs/page.png: the page as README shows it, drawn by a Chromium. `npm run page:picture` calls this, after `npm run page`. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { serverOf } from '../src/cli/play/server.ts';
import { chromiumFlags, findChromium } from '../test/browser/chromium.ts';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const server = serverOf(docs);
await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({ executablePath: findChromium(), args: chromiumFlags });
const page = await browser.newPage({ viewport: { width: 960, height: 800 }, colorScheme: 'light' });
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/page/`);
await page.locator('main[data-settled="yes"] .checks').first().waitFor();
await page.screenshot({ path: join(docs, 'page.png') });
await browser.close();
server.close();
