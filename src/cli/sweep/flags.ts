import type { Command } from 'commander';
import { UsageError } from '../exit.ts';

/**
 * Refuses what was typed of the options of `sweep` itself and means nothing to this subcommand of it: commander takes them
 * wherever they stand, and nobody would look at them.
 */
export function refuseFlags(subcommand: Command, allowed: readonly string[]): void {
  const sweep = subcommand.parent!;
  for (const option of sweep.options) {
    const name = option.attributeName();
    if (allowed.includes(name) || sweep.getOptionValueSource(name) !== 'cli') continue;
    throw new UsageError(`${option.long}: not with sweep ${subcommand.name()}`, ['leave it out']);
  }
}
