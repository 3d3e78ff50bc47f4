import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build, defaultClientConditions, type Rollup } from 'vite';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/random.ts';

/** page.ts as `vite build` makes it without any configuration, save that it takes our sources instead of dist. */
async function buildPage(): Promise<{ code: string; modules: string[] }> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['normgrad-source', ...defaultClientConditions] },
    build: {
      write: false,
      rolldownOptions: { input: fileURLToPath(new URL('./page.ts', import.meta.url)) },
    },
  })) as Rollup.RollupOutput;
  const [chunk, ...others] = output;
  expect(others).toEqual([]);
  return { code: chunk.code, modules: chunk.moduleIds };
}

test('vite builds a page with the library, which needs nothing of Node', async () => {
  const { code, modules } = await buildPage();
  expect(code).not.toMatch(/["'`]node:/);
  expect(modules.filter((id) => /\.node\.ts$/.test(id))).toEqual([]);
  expect(modules.some((id) => id.endsWith('/platform.browser.ts'))).toBe(true);
  expect(gzipSync(code).length).toBeLessThan(159_000);

  // A bare context has the language and WebAssembly: no process, no Buffer, no require.
  const page = createContext({ navigator: {} });
  runInContext(code, page);
  expect(runInContext('normgrad.createRandom(1).normal()', page)).toBe(createRandom(1).normal());
  const product = 'normgrad.mul(normgrad.tensor([1, 2, 3]), normgrad.tensor([4, 5, 6]))';
  expect(runInContext(`normgrad.backendName() + ' ' + ${product}.data.join()`, page)).toBe('wasm 4,10,18');
});
