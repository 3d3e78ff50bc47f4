import { InvalidArgumentError, Option } from 'commander';
import { ConfigError, grouped, unknownName } from '../errors.ts';
import { resolveNorm } from '../nn/norm/createNorm.ts';
import { type NormEntry, registry } from '../nn/norm/registry.ts';
import { absolute } from '../train/code/files.ts';
import { loadCode, registeredName } from '../train/code/load.ts';
import { isCode, isPath, notCode } from '../train/code/names.ts';
import { typed } from '../typed.node.ts';
import { UsageError } from './exit.ts';

/** The value of an option that is a number; "1e400" is none, as JavaScript reads it as Infinity. */
export function number(given: string): number {
  const value = Number(given);
  if (given.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a finite number.');
  return value;
}

/** The value of an option that is a whole number. */
export function integer(given: string): number {
  const value = number(given);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

/** The value of an option that counts something. */
export function atLeastOne(given: string): number {
  const value = integer(given);
  if (value < 1) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}

/**
 * The value of an option that is a shape, 2 to `most` lengths with commas; `must` says so. Finite differences take two forward passes
 * for each of its elements, so that their number is bounded.
 */
export function shapeOf(most: number, must: string, mostElements: number): (given: string) => number[] {
  return (given) => {
    const lengths = given.split(',').map(integer);
    if (lengths.length < 2 || lengths.length > most || lengths.some((each) => each < 1)) {
      throw new InvalidArgumentError(must);
    }
    const elements = lengths.reduce((product, length) => product * length, 1);
    if (elements <= mostElements) return lengths;
    throw new InvalidArgumentError(
      `It has ${grouped(elements)} elements, and every one is moved to see what it does: ${grouped(mostElements)} at most.`,
    );
  };
}

/** `--seed <n>`, or NORMGRAD_SEED. */
export function seedOption(what: string): Option {
  return new Option('--seed <n>', what).env('NORMGRAD_SEED').argParser(integer);
}

/** The norm of that name, or in that file; a UsageError with the nearest name where there is none. */
export async function normEntry(given: string): Promise<NormEntry> {
  const name = isCode(given) ? await loadedNorm(given) : given;
  const own = resolveNorm(name);
  const entry = registry.find((each) => each.name === own);
  if (entry) return entry;
  const names = registry.map((each) => each.name);
  const problem = isPath(name) ? `${name} is no norm: ${notCode}` : unknownName('norm', name, names);
  throw new UsageError(problem, [
    `one of: ${names.join(', ')}, or a file that exports one`,
    `see: ${typed('explain --list')}`,
  ]);
}

/** Registers the norm in a user's file; its name. */
async function loadedNorm(file: string): Promise<string> {
  const path = absolute(file);
  await loadCode('norm', path);
  return registeredName(path);
}

/** What a ConfigError calls a field is called a flag on the command line; any other error as it is. */
export function asUsageError(error: unknown, flagOf = (field: string) => `--${field}`): unknown {
  if (!(error instanceof ConfigError) || error.field === undefined) return error;
  return new UsageError(`${flagOf(error.field)}: ${error.problem}`, error.hint);
}
