/**
 * Builds the package's code into a folder: JavaScript by rolldown and types by tsc.
 *
 * Every module stays a file of its own, so that a bundler can leave out the ones that a page does not use (`sideEffects: false`
 * speaks of files). Dependencies are files among them, as far as they are used: whoever installs normgrad installs nothing
 * else, 2 MB instead of 6. Comments stay in the types, where an editor shows them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';
import { minifySync } from 'rolldown/utils';
import { root } from './install.mjs';

/** What is imported or started by name from outside. #platform is chosen by the conditions in package.json. */
const entries = [
  'src/index.ts',
  'src/experiment/define.ts',
  'src/cli/main.ts',
  'src/runs/sweep/process.ts',
  'src/train/code/hooks.ts',
  'src/platform.node.ts',
  'src/platform.browser.ts',
];

/** Nobody reads them here, and the package is to be small. Our own modules stay as they are, for whoever reads a stack. */
const minifiedDependencies = {
  name: 'minified dependencies',
  renderChunk: (code, { fileName }) =>
    fileName.startsWith('dependencies/') ? minifySync(fileName, code, { module: true }).code : null,
};

/** `folder` is the package's dist. */
export async function build(folder) {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bundle = await rolldown({
    cwd: root,
    input: entries,
    // Not 'node', for which rolldown would import createRequire of node:module, in a page too.
    platform: 'neutral',
    plugins: [
      esmExternalRequirePlugin({ external: builtinModules.flatMap((name) => [name, `node:${name}`]) }),
      minifiedDependencies,
    ],
    external: ['#platform', '#codeHooks', ...Object.keys(peerDependencies)],
    resolve: {
      mainFields: ['module', 'main'],
      conditionNames: ['normgrad-source', 'import', 'node', 'default'],
    },
    // Nothing is said of what works; a circle or a name that is missing is an error here, and not at the user's.
    onLog(level, log) {
      if (level === 'warn') throw new Error(`rolldown: ${log.message}`);
    },
  });
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    preserveModules: true,
    preserveModulesRoot: root,
    // npm packs no folder of the name node_modules.
    entryFileNames: ({ name }) => `${name.replaceAll('node_modules', 'dependencies')}.js`,
    comments: { jsdoc: false, annotation: true, legal: true },
  });
  await bundle.close();
  writeFileSync(join(folder, 'licenses.txt'), licensesOf(output));
  writeTypes(folder);
}

/** The licence of every package that has code in the output. */
function licensesOf(output) {
  const folders = new Set();
  for (const { moduleIds = [] } of output) {
    for (const id of moduleIds) {
      if (id.includes('/node_modules/') && existsSync(id)) folders.add(packageOf(id));
    }
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${version}\n\n${text}`;
  });
  return `normgrad contains code of these packages.\n\n${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The folder with a named package.json above a file of node_modules. */
function packageOf(file) {
  let folder = dirname(file);
  for (;;) {
    const description = join(folder, 'package.json');
    if (existsSync(description) && JSON.parse(readFileSync(description, 'utf8')).version) return folder;
    folder = dirname(folder);
  }
}

/**
 * The types of what the package exports, and of what those name; tsc writes those of all files that it has read. An error of types
 * is the type check's: they are written all the same.
 */
function writeTypes(folder) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', folder], { cwd: root });
  const named = new Set();
  const visit = (file) => {
    if (named.has(file)) return;
    named.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g);
    for (const [, target] of imports) visit(join(dirname(file), `${target}.d.ts`));
  };
  for (const entry of ['index', 'experiment/define']) visit(join(folder, `src/${entry}.d.ts`));
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.d.ts') && !named.has(join(folder, file))) rmSync(join(folder, file));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build(join(root, 'dist'));
