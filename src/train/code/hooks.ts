import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'sucrase';

/**
 * How Node reads the files of users, in the thread of the program, or, before Node 22.15, in one of its own (import.ts). `normgrad`
 * in them is the very package that runs, wherever the file lies and whatever is installed there: a norm has to extend this Norm.
 * TypeScript becomes JavaScript line by line, parameter properties and enums included, which Node itself refuses.
 */

/** The entries of this package, by what users import. */
let own: Readonly<Record<string, string>> = {};

export function initialize(entries: Readonly<Record<string, string>>): void {
  own = entries;
}

interface Context {
  conditions?: readonly string[];
}

type Next<Result> = (specifier: string, context: object) => Result;
interface Source {
  format: string;
  source: string;
  shortCircuit: boolean;
}

export function resolve<Result>(specifier: string, context: Context, next: Next<Result>): Result {
  if (!Object.hasOwn(own, specifier)) return next(specifier, context);
  const url = own[specifier];
  return next(context.conditions?.includes('require') ? fileURLToPath(url) : url, context);
}

export function load<Result>(url: string, context: object, next: Next<Result>): Result | Source {
  const [file] = url.split('?');
  const isUsers =
    /^file:.*\.[cm]?ts$/.test(file) &&
    !Object.values(own).some((entry) => entry.endsWith('.ts') && isBeside(file, entry));
  if (!isUsers) return next(url, context);
  const isCommon = file.endsWith('.cts');
  return {
    format: isCommon ? 'commonjs' : 'module',
    source: withoutTypes(fileURLToPath(file), isCommon),
    shortCircuit: true,
  };
}

/** In the source of this library, which tsx reads. */
function isBeside(file: string, entry: string): boolean {
  return file.startsWith(new URL('.', entry).href);
}

function withoutTypes(path: string, isCommon: boolean): string {
  const transforms: ('typescript' | 'imports')[] = isCommon ? ['typescript', 'imports'] : ['typescript'];
  try {
    return transform(readFileSync(path, 'utf8'), { transforms, disableESTransforms: true }).code;
  } catch (error) {
    // `Unexpected token, expected ";" (3:5)`
    const [, problem, line] =
      (error as Error).message.match(/^(?:Error transforming .*?: )?(.*) \((\d+):\d+\)$/s) ?? [];
    throw line === undefined ? error : new SyntaxError(`${path}:${line}: ${problem}`);
  }
}
