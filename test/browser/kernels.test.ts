import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { build, defaultClientConditions, type Rollup } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setThreadCount, stopThreads, threadCount } from '../../src/kernels/wasm/runtime/threads.ts';
import { chromiumOnce, chromiumPath } from './chromiumOnce.ts';
import type { Trials } from './kernelsPage.ts';
import { type Training, trainCnn } from './training.ts';

if (chromiumPath === undefined) {
  console.log('The browser tests are skipped: no Chromium or Chrome was found (CHROME_PATH names one).');
}

/** Lets a page share memory with its Workers. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** kernelsPage.ts and its Worker, as vite builds them: the text by the name of the file. */
async function buildScripts(): Promise<Map<string, string>> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'silent',
    base: './',
    resolve: { conditions: ['normgrad-source', ...defaultClientConditions] },
    worker: { format: 'es' },
    build: {
      write: false,
      minify: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('./kernelsPage.ts', import.meta.url)),
        output: { entryFileNames: 'page.js' },
      },
    },
  })) as Rollup.RollupOutput;
  return new Map(
    output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : String(file.source)]),
  );
}

describe.skipIf(chromiumPath === undefined)('the kernels in Chromium', () => {
  let server: Server;
  let inNode: Training;

  beforeAll(async () => {
    const scripts = await buildScripts();
    // The same files twice: below /isolated/ with the headers that isolate a page.
    server = createServer(({ url = '' }, response) => {
      const [, folder, path] = url.match(/^\/(isolated|plain)(\/.*)$/) ?? [];
      const script = scripts.get(path);
      const type = script === undefined ? 'text/html' : 'text/javascript';
      response.writeHead(200, { 'Content-Type': type, ...(folder === 'isolated' && isolation) });
      response.end(script ?? '<!doctype html><script type="module" src="page.js"></script>');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const before = threadCount();
    inNode = await trainCnn(2);
    stopThreads();
    setThreadCount(before);
  });
  afterAll(() => void server.close());

  describe.each([
    { folder: 'isolated', isolated: true, two: 2 },
    { folder: 'plain', isolated: false, two: 1 },
  ])('of a page that is $folder', ({ folder, isolated, two }) => {
    let page: Page;
    beforeAll(async () => {
      page = await (await chromiumOnce()).newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${folder}/`);
    });
    afterAll(() => page.close());

    /** Calls one of the trials in the page. */
    function inPage<Name extends keyof Trials>(name: Name, ...args: Parameters<Trials[Name]>) {
      return page.evaluate(
        ([name, args]) => {
          const { trials } = globalThis as unknown as {
            trials: Record<string, (...args: unknown[]) => unknown>;
          };
          return trials[name](...args);
        },
        [name, args] as const,
      ) as Promise<Awaited<ReturnType<Trials[Name]>>>;
    }

    it('has the platform of a browser, and only an isolated page shares memory', async () => {
      expect(await inPage('platform')).toEqual({
        path: undefined,
        canSleep: false,
        canShareMemory: isolated,
        isolated,
      });
      expect(await inPage('threadsOf', 2)).toBe(two);
    });

    it('trains in the page and in a Worker as Node does', async () => {
      const trained = await inPage('trainCnn', 2);
      expect(trained.kernels).toBe('wasm');
      expect(trained.threads).toBe(two);
      expect(await inPage('trainInWorker', { threads: 2 })).toEqual(trained);

      // The bits are the same too, as long as Math.log, which the first weights take, is the same in both engines.
      expect(inNode.kernels).toBe('wasm');
      expect(trained.losses).toHaveLength(inNode.losses.length);
      trained.losses.forEach((loss, step) => {
        expect(Math.abs(loss / inNode.losses[step] - 1)).toBeLessThan(1e-6);
      });
      expect(trained.losses[5]).toBeLessThan(trained.losses[0] / 5);
    });

    it.runIf(!isolated)(
      'trains as well, on one thread, where the browser refuses shared memory',
      async () => {
        const refused = await inPage('trainInWorker', { threads: 2, refuseSharedMemory: true });
        expect(refused).toEqual({ ...(await inPage('trainCnn', 1)), shared: false });
      },
    );

    it.runIf(isolated)('does without a kernel thread that the browser does not start', async () => {
      const lost = await inPage('trainInWorker', { threads: 3, loseOne: true });
      expect(lost).toEqual(await inPage('trainCnn', 3));
    });

    it(`runs a job on ${two} of the 2 threads that are asked for`, async () => {
      await inPage('threadsOf', 2);
      await expect.poll(() => inPage('threadsOfAJob')).toBe(two);
    });
  });
});
