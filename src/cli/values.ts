import { InvalidArgumentError, Option } from 'commander';

/** The value of an option that is a number. */
export function number(given: string): number {
  const value = Number(given);
  if (given.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
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

/** `--seed <n>`, or NORMGRAD_SEED, or 1. */
export function seedOption(what: string): Option {
  return new Option('--seed <n>', `seed ${what}`).env('NORMGRAD_SEED').argParser(integer).default(1);
}
