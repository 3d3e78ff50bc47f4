/**
 * Builds the interactive page (src/page) into docs/page: one HTML file, one script, one style sheet, and the worker that has the
 * engine. `npm run page` calls this. What the page shows before the engine has loaded is put in here: the list of norms, from
 * the registry, and the formulas, typeset as MathML.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { NormFacts } from 'virtual:norms';
import temml from 'temml';
import { build, defaultClientConditions, type Plugin, type Rollup } from 'vite';
import { RunningNorm } from '../src/nn/norm/core/running.ts';
import { type NormEntry, registry } from '../src/nn/norm/registry.ts';
import { explainNorm } from '../src/teach/explain.ts';
import { hasQuiz } from '../src/teach/quiz.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pageFolder = join(root, 'docs/page');

/** `folder` is emptied first. */
async function buildPage(folder: string): Promise<void> {
  // A test that has it built says `test` here, and Vite would leave in what is for developers.
  process.env.NODE_ENV = 'production';
  await build({
    configFile: false,
    root: join(root, 'src/page'),
    // Wherever the files are put, as also on a static host in a folder.
    base: './',
    logLevel: 'error',
    resolve: { conditions: ['normgrad-source', ...defaultClientConditions] },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: [normList(), formulas()],
    worker: {
      format: 'es',
      plugins: () => [normList(), withoutDocuments(), withoutMethods()],
      rolldownOptions: { output: { entryFileNames: 'engine.js' } },
    },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      // A policy that allows 'self' alone has no data: addresses, and an import is loaded with what imports it.
      assetsInlineLimit: 0,
      modulePreload: false,
      license: { fileName: 'licenses.md' },
      rolldownOptions: { output: { entryFileNames: 'page.js', assetFileNames: '[name][extname]' } },
    },
  });
}

/** `virtual:norms`: what the page says of norms without the engine. */
function normList(): Plugin {
  return {
    name: 'norms',
    resolveId: (id) => (id === 'virtual:norms' ? '\0norms' : null),
    load: (id) =>
      id === '\0norms' ? `export const norms = ${JSON.stringify(registry.map(factsOf))};` : null,
  };
}

function factsOf(entry: NormEntry): NormFacts {
  const { name, title, aliases = [], kind, sets, centred, detaches } = entry;
  const standard = explainNorm(entry, {}).standardization !== null;
  const modules = [...entry.build(4, {}).namedModules().values()];
  const runs = modules.some((module) => module instanceof RunningNorm);
  return { name, title, aliases, kind, sets, standard, centred, detaches, runs, quiz: hasQuiz(entry) };
}

/** What documents and golden files need of a norm's definition, and the page does not: a tenth of the engine. */
const documented = ['traps', 'defaults', 'golden', 'paper', 'batchOfOne'];

/** Leaves that out of the definitions of norms. */
function withoutDocuments(): Plugin {
  return {
    name: 'norms without what documents say',
    // Behind the step that leaves TypeScript's types out.
    enforce: 'post',
    transform: {
      filter: { id: /[\\/]src[\\/]nn[\\/]norm[\\/]\w+[\\/]\w+\.ts$/ },
      handler(code) {
        let rest = code;
        for (const { key, start, end } of definedProperties(this.parse(code)).reverse()) {
          if (documented.includes(key)) rest = rest.slice(0, start) + rest.slice(end).replace(/^\s*,/, '');
        }
        return { code: rest };
      },
    },
  };
}

/** x.add(y) for add(x, y) is a comfort for those who write programs; nothing in here calls it, and it brings operations along. */
function withoutMethods(): Plugin {
  return {
    name: 'tensors without methods',
    load: {
      filter: { id: /[\\/]src[\\/]autograd[\\/]methods\.ts$/ },
      handler: () => 'export class Operations {}',
    },
  };
}

interface Property {
  key: string;
  start: number;
  end: number;
}

/** The properties of every `export const x = defineNorm({ … })` of a file, in their order. */
function definedProperties(program: ReturnType<Rollup.PluginContext['parse']>): Property[] {
  return program.body.flatMap((statement) => {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : null;
    if (declared?.type !== 'VariableDeclaration') return [];
    return declared.declarations.flatMap(({ init }) => {
      if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier') return [];
      const [norm] = init.arguments;
      if (init.callee.name !== 'defineNorm' || norm?.type !== 'ObjectExpression') return [];
      return norm.properties.flatMap((property) =>
        property.type === 'Property' && property.key.type === 'Identifier'
          ? [{ key: property.key.name, start: property.start, end: property.end }]
          : [],
      );
    });
  });
}

/** A `.tex` file: lines of `name: TeX`. */
function formulas(): Plugin {
  return {
    name: 'formulas',
    transform(code, id) {
      if (!id.endsWith('.tex')) return null;
      const lines = code.split('\n').filter((line) => line.trim() !== '');
      const entries = lines.map((line) => {
        const [, name, tex] =
          line.match(/^(\w+): (.+)$/) ?? this.error(`${id}: a line is “name: TeX”, got “${line}”`);
        return [name, typeset(tex, id)];
      });
      return { code: `export default ${JSON.stringify(Object.fromEntries(entries))};`, moduleType: 'js' };
    },
  };
}

function typeset(tex: string, file: string): string {
  const marked = tex.replace(/\\named\{(\w+)\}/g, '\\class{n-$1}');
  const mathml = temml.renderToString(marked, { displayMode: true, throwOnError: true, trust: true });
  // Styles in attributes are not let in by the page's policy; classes that are not ours, and what operators are anyway, only weigh.
  const plain = mathml
    .replace(/ style="[^"]*"/g, '')
    .replace(/ class="(?:tml|chr|wbk)[^"]*"/g, '')
    .replace(/ (?:fence|separator)="true"| form="(?:pre|post|in)fix"/g, '');
  if (plain.includes('<style'))
    throw new Error(`${file}: “${tex}” needs a style, which the page's policy forbids`);
  return plain;
}

/** Leaves scripts as gzip alone, as the package has them: a third of the size, and `play` is all that reads them there. */
function compress(folder: string): void {
  for (const file of readdirSync(folder).filter((each) => each.endsWith('.js'))) {
    const path = join(folder, file);
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    rmSync(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = pageFolder] = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
  await buildPage(folder);
  if (process.argv.includes('--compressed')) compress(folder);
}
