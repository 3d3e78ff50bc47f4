import { unknownName } from '../errors.ts';
import { type NormEntry, registry } from '../nn/norm/registry.ts';
import { UsageError } from './exit.ts';

/** The norm of that name; a UsageError with the nearest name where there is none. */
export function normEntry(name: string): NormEntry {
  const entry = registry.find((each) => each.name === name);
  if (entry) return entry;
  const names = registry.map((each) => each.name);
  throw new UsageError(unknownName('norm', name, names), [
    `one of: ${names.join(', ')}`,
    'see: normgrad explain --list',
  ]);
}
