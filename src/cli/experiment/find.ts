import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { experiments } from '../../../experiments/index.ts';
import { shown, unknownName } from '../../errors.ts';
import { defineExperiment } from '../../experiment/define.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { UsageError } from '../exit.ts';

/** The experiment of that name, or the one in a file; `otherwise` are further hints for a name that is unknown. */
export async function findExperiment(name: string, otherwise: string[] = []): Promise<Experiment> {
  if (isPath(name)) return loadExperiment(name);
  const known = experiments.find((each) => each.name === name);
  if (known) return known;
  const names = experiments.map((each) => each.name);
  throw new UsageError(unknownName('experiment', name, names), [
    `one of: ${names.join(', ')}`,
    'or a file whose default export is an experiment (.ts, .mjs)',
    ...otherwise,
  ]);
}

/** `./mine.ts`, `folder/mine`, `mine.mjs`: a file; a bare word is an experiment's name. */
function isPath(name: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(name);
}

/**
 * The experiment that a user's file exports by default. The file may lie anywhere: `normgrad/experiment` in it means
 * this very package, whether or not it is installed there.
 */
async function loadExperiment(name: string): Promise<Experiment> {
  const path = resolve(name);
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  const { href } = pathToFileURL(path);
  resolveOwnName(href);
  const { default: spec } = await import(href).catch((error) => {
    if (error.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new UsageError(`this Node (${process.versions.node}) cannot read TypeScript: ${path}`, [
        'write it as .mjs, or use Node 22.18 or newer',
      ]);
    }
    throw new UsageError(`${path} cannot be loaded: ${error instanceof Error ? error : shown(error)}`, [
      `node --check names the line, where its syntax is wrong`,
    ]);
  });
  if (typeof spec !== 'object' || spec === null) {
    throw new UsageError(`${path} exports no experiment`, [
      "it must say: import { defineExperiment } from 'normgrad/experiment'; export default defineExperiment({ … })",
    ]);
  }
  return defineExperiment(spec);
}

/**
 * Node's own lookup would search for the package from the user's folder upwards, and take a file in a folder without a
 * package.json for CommonJS.
 */
function resolveOwnName(file: string): void {
  const own = new URL(`../../experiment/define${extname(import.meta.url)}`, import.meta.url).href;
  const hook = `export async function resolve(specifier, context, next) {
    const found = await next(specifier === 'normgrad/experiment' ? ${JSON.stringify(own)} : specifier, context);
    const isModule = found.url.split('?')[0] === ${JSON.stringify(file)};
    return isModule ? { ...found, format: found.format?.replace('commonjs', 'module') } : found;
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
