import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InstalledPackage, installPackage, run } from './install.ts';
import { checkOnNode, nodeVersions } from './nodes.ts';

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
});
afterAll(() => installed.remove());

test.concurrent.each(nodeVersions.ends)('Node %s runs it, and warns of nothing', (version) =>
  checkOnNode(version, installed),
);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  );
}

test('the package brings no other with it and takes less than 3.1 MB', () => {
  const modules = join(installed.project, 'node_modules');
  expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['normgrad']);
  const bytes = filesBelow(modules).reduce((sum, file) => sum + statSync(join(modules, file)).size, 0);
  expect(bytes).toBeLessThan(3_100_000);
});

// Pictures are not: who shows README to readers of npm takes them from the repository.
test('what README and the guide link to is in the package', () => {
  const { folder } = installed;
  const pages = ['README.md', 'CHANGELOG.md', 'docs/guide.md'].filter((page) =>
    existsSync(join(folder, page)),
  );
  const links = pages.flatMap((page) =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(/(?<!!)\[[^\]]*\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, target]) => join(dirname(page), target),
    ),
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
});

test('the licences of all packages whose code is in it are named', () => {
  const licenses = ['dist/licenses.txt', 'docs/page/licenses.md']
    .map((file) => readFileSync(join(installed.folder, file), 'utf8'))
    .join('\n');
  const source = join(import.meta.dirname, '../../src');
  const code = filesBelow(source).map((file) => readFileSync(join(source, file), 'utf8'));
  const imported = code.flatMap((text) => [...text.matchAll(/^import (?!type ).* from '([a-z@][^':]*)'/gm)]);
  const { peerDependencies } = JSON.parse(readFileSync(join(installed.folder, 'package.json'), 'utf8'));
  const names = new Set(imported.map(([, name]) => name.match(/^(@[^/]+\/)?[^/]+/)![0]));
  for (const name of Object.keys(peerDependencies)) names.delete(name);
  expect(names).toContain('commander');
  expect(names).toContain('sucrase');
  for (const name of names) expect(licenses).toMatch(new RegExp(`^(## )?${name} `, 'm'));
});

const program = `
import { BatchNorm, createRandom, type Tensor, tensor } from 'normgrad';
import { defineExperiment } from 'normgrad/experiment';

const y: Tensor = new BatchNorm(2).forward(tensor([[1, 2], [3, 4]]));
export const sum: number = y.data[0] + createRandom(1).normal();
export default defineExperiment({
  name: 'typed', title: '', question: '', source: { paper: '', kept: '', scaled: '' },
  grid: { norm: ['none', 'batch'] }, seeds: 1,
  model: { model: 'mlp', hidden: [8] }, data: { dataset: 'synthetic' }, training: { epochs: 1 },
  figure: { x: 'epoch', y: 'testAccuracy' },
  claims: [{ says: 'it learns', check: ({ mean }) => ({ value: mean({ norm: 'batch' }, 'testAccuracy'), atMost: 90 }) }],
});
// @ts-expect-error epochs are a number
export const wrong = defineExperiment({ ...({} as Parameters<typeof defineExperiment>[0]), training: { epochs: 'three' } });
`;

test.each([
  ['nodenext', 'NodeNext', 'NodeNext'],
  ['bundler', 'ESNext', 'Bundler'],
])('the types are whole without those of Node or the DOM: %s', async (name, module, moduleResolution) => {
  const folder = join(installed.project, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'program.ts'), program);
  const compilerOptions = {
    ...{ module, moduleResolution, target: 'ES2022', lib: ['ES2022'], types: [] },
    ...{ strict: true, skipLibCheck: false, noEmit: true },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error) => error);
  expect(stdout).toBe('');
});

/** A page with that import, built by vite as its users would: bytes of its script, compressed. */
async function sizeOfPage(source: string): Promise<number> {
  const entry = join(installed.project, 'page.js');
  writeFileSync(entry, source);
  const { output } = (await build({
    root: installed.project,
    configFile: false,
    logLevel: 'silent',
    build: { write: false, rolldownOptions: { input: entry } },
  })) as Rollup.RollupOutput;
  expect(output.length).toBe(1);
  expect(output[0].code).not.toMatch(/["'`]node:|createRequire/);
  return gzipSync(output[0].code).length;
}

test('a page carries what it uses, and not the rest', async () => {
  const random = "import { createRandom } from 'normgrad'; console.log(createRandom(1).normal());";
  expect(await sizeOfPage(random)).toBeLessThan(20_000);
  const layer = `import { LayerNorm, tensor } from 'normgrad';
    console.log(new LayerNorm([2]).forward(tensor([[1, 2]])).data);`;
  expect(await sizeOfPage(layer)).toBeLessThan(60_000);
});
