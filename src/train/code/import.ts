import { spawnSync } from 'node:child_process';
import module from 'node:module';
import { pathToFileURL } from 'node:url';
import { CodeError, shown } from '../../errors.ts';
import { hashesOf, isFile, shownPath } from './files.ts';
import { codeError, noteCode } from './place.ts';

const exports = new Map<string, unknown>();

/**
 * The default export of a user's file at an absolute path; `what` it should be is for messages. Throws a CodeError that names the file
 * and the line.
 */
export async function importCode(path: string, what: string): Promise<unknown> {
  if (!exports.has(path)) exports.set(path, await defaultExport(path, what));
  return exports.get(path);
}

/** The same of a file that was imported before. */
export function exportOf(path: string): unknown {
  if (exports.has(path)) return exports.get(path);
  throw new TypeError(`${path} was not imported`);
}

async function defaultExport(path: string, what: string): Promise<unknown> {
  if (!isFile(path)) throw new CodeError(`there is no file ${shownPath(path)}`, [`it would export ${what}`]);
  noteCode(Object.keys(hashesOf(path)));
  await installHooks();
  const { href } = pathToFileURL(path);
  const exported = (await import(/* @vite-ignore */ href).catch((error) => {
    throw notLoaded(path, error);
  })) as { default?: unknown };
  if (exported.default !== undefined) return exported.default;
  const names = Object.keys(exported);
  throw new CodeError(`${shownPath(path)} has no default export`, [
    `it must say: export default ${what}`,
    ...(names.length > 0 ? [`it exports ${names.join(', ')}`] : []),
  ]);
}

let installed = false;

async function installHooks(): Promise<void> {
  // Vite, which runs the tests, looks names up by itself.
  if (installed || 'env' in import.meta) return;
  installed = true;
  // Those of this process, which share its registry: the package exports another form of the library (scripts/build.mjs).
  const entries = Object.fromEntries(
    ['normgrad', 'normgrad/experiment'].map((name) => [name, import.meta.resolve(`#${name}`)]),
  );
  // In this thread where Node can: the other way has been deprecated since Node 26, and is the only one before 22.15.
  const { registerHooks } = module as { registerHooks?: (own: object) => void };
  if (registerHooks) {
    // With it comes the compiler of TypeScript, which most runs have no use for.
    const hooks = await import('./hooks.ts');
    hooks.initialize(entries);
    registerHooks({ resolve: hooks.resolve, load: hooks.load });
  } else {
    module.register(import.meta.resolve('#codeHooks'), { data: entries });
  }
}

/** What import() says of a file that cannot be loaded, in words. */
function notLoaded(path: string, error: unknown): CodeError {
  const because = (problem: string, hint: string[] = []) =>
    new CodeError(`${shownPath(path)} cannot be loaded: ${problem}`, hint, { cause: error });
  if (!(error instanceof Error)) return because(`it threw ${shown(error)}`);
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof SyntaxError) {
    const [place, problem] = placeOfSyntaxError(path, message);
    return place ? new CodeError(`${place}: ${problem}`, [], { cause: error }) : because(message);
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const hint = /\.c[jt]s$/.test(path)
      ? 'require() finds normgrad from Node 22.15 on: write import instead, in a file that ends in .mjs'
      : 'install that package there, or give the whole name of a file, its ending included';
    return because(message.split('\n')[0], [hint]);
  }
  return codeError(error) ?? because(message);
}

/** import() does not say where it is: of TypeScript hooks.ts does, and of JavaScript another Node. */
function placeOfSyntaxError(path: string, message: string): [place: string | undefined, problem: string] {
  const [, typed, at, problem] = message.match(/^(.+\.[cm]?ts):(\d+): (.*)$/s) ?? [];
  if (typed !== undefined) return [`${shownPath(typed)}:${at}`, problem];
  for (const file of Object.keys(hashesOf(path))) {
    const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    const [, line] = stderr.match(/^\S.*?:(\d+)\r?\n[\s\S]*^SyntaxError/m) ?? [];
    if (line !== undefined) return [`${shownPath(file)}:${line}`, message];
  }
  return [undefined, message];
}
