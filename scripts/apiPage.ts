/**
 * docs/api.md: what src/index.ts exports, with its signature and the first sentence of its doc comment. Both are read from
 * the declarations that tsc writes, where every export begins a line and types are spelled out. `npm run docs` calls this.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Export {
  /** Of src. */
  folder: string;
  signature: string;
  sentence: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
/** Of a signature. */
const LONGEST = 200;

/** `compiled` is the folder that tsc has written to, if it has. */
export function apiPage(compiled?: string): string {
  if (compiled !== undefined) return pageOf(join(compiled, 'src'));
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-api-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const flags = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', folder];
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags], { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`tsc failed:\n${stdout}`);
    return pageOf(join(folder, 'src'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pageOf(src: string): string {
  const exports = [...exportsOf(join(src, 'index.d.ts'), src).values()];
  const folders = [...new Set(exports.map(({ folder }) => folder))].sort();
  const sections = folders.map((folder) => {
    const entries = exports.filter((each) => each.folder === folder).map(entry);
    return `## ${folder || 'random, errors'}\n\n${entries.join('\n')}\n`;
  });
  return `<!-- Made by \`npm run docs\` from the source. Change that instead. -->
# The public API

What \`import { … } from 'normgrad'\` can name, by the folder of \`src/\` where it is written.

${sections.join('\n')}`;
}

function entry({ signature, sentence }: Export): string {
  return `* \`${signature}\`${sentence && `<br>${escapeMarkdown(sentence)}`}`;
}

/** An exported declaration, over all lines that are indented or close a brace. */
const DECLARATION =
  /^export (?:declare )?((?:abstract )?(function|const|class|interface|type) (\w+).*(?:\n[ }].*)*)/gm;
/** `export { a, type B } from './file.ts'`, `export * from …`, `export * as name from …` */
const PASSED_ON = /^export (?:type )?(?:\{([^}]*)\}|\*(?: as (\w+))?) from '([^']+)';/gm;

/** The exports of a declaration file by name, those that it passes on from other files included. */
function exportsOf(file: string, src: string, prefix = ''): Map<string, Export> {
  const text = readFileSync(file, 'utf8');
  const found = new Map<string, Export>();
  for (const [, names, namespace, from] of text.matchAll(PASSED_ON)) {
    const source = join(dirname(file), from.replace(/\.ts$/, '.d.ts'));
    const inner = exportsOf(source, src, namespace ? `${namespace}.` : '');
    const wanted = names
      ?.replace(/\btype /g, '')
      .split(',')
      .map((name) => name.trim().split(' as '));
    for (const [name, alias = name] of wanted ?? [...inner.keys()].map((name) => [name])) {
      const each = inner.get(name);
      if (each) found.set(alias, { ...each, signature: renamed(each.signature, name, alias) });
    }
  }
  const folder = relative(src, dirname(file));
  for (const { 1: declaration, 2: kind, 3: bare, index } of text.matchAll(DECLARATION)) {
    const name = prefix + bare;
    if (found.has(name)) continue; // a further signature of one function
    const before = text.slice(0, index);
    const comment = before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/**') + 3, -3) : '';
    const signature = renamed(signatureOf(kind, declaration), bare, name);
    found.set(name, { folder, signature, sentence: firstSentence(comment) });
  }
  return found;
}

function renamed(signature: string, name: string, other: string): string {
  return signature.replace(new RegExp(`\\b${name}\\b`), other);
}

/** A class has its constructor's parameters; what would be long is left to the editor. */
function signatureOf(kind: string, declaration: string): string {
  const line = declaration
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/\( /g, '(')
    .replace(/;$/, '');
  const head = line.replace(/ \{.*/, '');
  const parameters = / constructor(\(.*?\)); /.exec(line)?.[1] ?? '';
  const whole = kind === 'class' ? head.replace(/class \w+/, (name) => name + parameters) : line;
  const signature = kind === 'interface' ? head : whole;
  return signature.length <= LONGEST
    ? signature
    : signature.slice(0, signature.search(/[(:=<]| extends/)).trim();
}

function firstSentence(comment: string): string {
  const [paragraph] = comment
    .replace(/^ ?\* ?/gm, '')
    .trim()
    .split(/\n\s*\n/);
  const text = paragraph.replace(/\s+/g, ' ');
  return /^.*?[.!](?= [A-Z`]|$)/.exec(text)?.[0] ?? text;
}

/** What stands between backticks is as it is meant. */
function escapeMarkdown(text: string): string {
  return text
    .split('`')
    .map((part, i) => (i % 2 === 0 ? part.replace(/[*_<\\]/g, '\\$&') : part))
    .join('`');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, 'docs/api.md'), apiPage());
}
