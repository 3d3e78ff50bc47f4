/**
 * Builds the package's code into a folder: JavaScript by rolldown and types by tsc. It comes in two forms.
 *
 * `src` is the library for programs and pages. Every module stays a file of its own, so that a bundler can leave out the ones that
 * a page does not use (`sideEffects: false` speaks of files). Functions keep their names, for whoever reads a stack; the rest is short, since the
 * package is to be small.
 *
 * `cli` is the command line, with the library in it that users' files import there (src/train/code/import.ts): one registry. A
 * process of it loads a dozen files, not 470.
 *
 * Dependencies are in both as far as they are used: whoever installs normgrad installs nothing else, 2 MB instead of 6. Comments
 * stay in the types, where an editor shows them.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';
import { minifySync } from 'rolldown/utils';
import { root } from './install.mjs';

/** What is imported by name from outside. #platform and #wideVectors are chosen by the conditions in package.json. */
const libraryEntries = [
  'src/index.ts',
  'src/experiment/define.ts',
  'src/platform.node.ts',
  'src/platform.browser.ts',
  'src/kernels/wasm/wide/wideVectors.node.ts',
  'src/kernels/wasm/wide/wideVectors.browser.ts',
];

/** Processes, and what they import by the names of package.json. */
const commandLineEntries = {
  main: 'src/cli/main.ts',
  process: 'src/runs/sweep/process.ts',
  hooks: 'src/train/code/hooks.ts',
  index: 'src/index.ts',
  define: 'src/experiment/define.ts',
};

const allNames = { class: true, function: true };
const classNames = { class: true, function: false };
const nodeModules = builtinModules.flatMap((name) => [name, `node:${name}`]);

/** string-width and wrap-ansi make one when they are loaded; its data take 20 ms to read, and plain text has no use for it. */
const lateSegmenter = '{ segment(text) { return (this.made ??= new Intl.Segmenter()).segment(text); } }';

/** Nobody reads them here, and the package is to be small. */
const minifiedDependencies = {
  name: 'minified dependencies',
  transform: {
    filter: { id: /[\\/]node_modules[\\/].*\.[cm]?js$/ },
    handler: (code, id) => minifySync(id, code.replaceAll('new Intl.Segmenter()', lateSegmenter)).code,
  },
};

/** `folder` is the package's dist. */
export async function build(folder) {
  const [library, commandLine] = await Promise.all([
    buildLibrary(folder),
    buildProcesses(join(folder, 'cli'), commandLineEntries),
    writeTypes(folder),
  ]);
  writeFileSync(join(folder, 'licenses.txt'), licensesOf([...library, ...commandLine]));
}

function buildLibrary(folder) {
  return bundle(
    { input: libraryEntries, external: ['#platform', '#wideVectors'] },
    {
      dir: folder,
      preserveModules: true,
      preserveModulesRoot: root,
      // npm packs no folder of the name node_modules.
      entryFileNames: ({ name }) => `${name.replaceAll('node_modules', 'dependencies')}.js`,
      minify: { mangle: { keepNames: allNames }, compress: { keepNames: allNames } },
    },
  );
}

/** Processes of Node in few files: what `--help` needs, the library, what training needs, what several commands share, and what one has. */
export function buildProcesses(folder, input) {
  const group = (name, priority, ...files) => {
    const ids = files.map((file) => join(root, file));
    return { name, priority, test: (id) => ids.includes(id) };
  };
  return bundle(
    { input },
    {
      dir: folder,
      entryFileNames: '[name].js',
      chunkFileNames: 'part-[name].js',
      codeSplitting: {
        // Each with all that it imports, save what a group before it has. None of them does anything when it is loaded.
        groups: [
          group('help', 3, 'src/cli/program.ts', 'src/cli/interrupt.ts'),
          group('library', 2, 'src/index.ts'),
          group('train', 1, 'src/runs/sweep/worker.ts', 'src/runs/sweep/fatal.ts'),
          { name: 'shared', minShareCount: 2 },
        ],
      },
      // Layers are printed by the names of their classes.
      minify: { mangle: { keepNames: classNames }, compress: { keepNames: classNames } },
    },
  );
}

async function bundle({ input, external = [] }, output) {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bundled = await rolldown({
    cwd: root,
    input,
    // Not 'node', for which rolldown would import createRequire of node:module, in a page too.
    platform: 'neutral',
    plugins: [minifiedDependencies, esmExternalRequirePlugin({ external: nodeModules })],
    external: [...external, ...Object.keys(peerDependencies)],
    resolve: {
      mainFields: ['module', 'main'],
      conditionNames: ['normgrad-source', 'import', 'node', 'default'],
    },
    // Nothing is said of what works; a circle or a name that is missing is an error here, and not at the user's.
    onLog(level, log) {
      if (level === 'warn') throw new Error(`rolldown: ${log.message}`);
    },
  });
  const comments = { jsdoc: false, annotation: true, legal: true };
  const written = await bundled.write({ ...output, format: 'esm', comments });
  await bundled.close();
  return written.output;
}

/** The licence of every package that has code in the output: who holds the rights, and, once for all that have the same, the terms. */
function licensesOf(output) {
  const folders = new Set();
  for (const { moduleIds = [] } of output) {
    for (const id of moduleIds) {
      if (id.includes('/node_modules/') && existsSync(id)) folders.add(packageOf(id));
    }
  }
  /** By their words, since lines are broken in many ways. */
  const groups = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
    const begin = Math.max(text.search(/^Permission (is hereby granted|to use, copy)/m), 0);
    const terms = text.slice(begin);
    const words = terms.split(/\s+/).join(' ');
    if (!groups.has(words)) groups.set(words, { terms, holders: [] });
    groups.get(words).holders.push(`${name} ${version}\n\n${text.slice(0, begin)}`.trim());
  }
  const texts = [...groups.values()].map(({ terms, holders }) => [...holders, terms].join('\n\n'));
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

/** Runs Node in the clone; its exit code. All that is said goes to stderr. */
export function runNode(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}

/** The types of what the package exports, and of what those name; tsc writes those of all files that it has read. */
async function writeTypes(folder) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const status = await runNode([tsc, '-p', 'tsconfig.build.json', '--outDir', folder]);
  if (status !== 0) throw new Error('the types could not be written; the message of tsc is above');
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
