import { type Command, Help } from 'commander';
import { UsageError } from '../exit.ts';

/**
 * Says which options of `sweep` itself, by their attributes, mean something to this subcommand of it too. Its help lists those
 * alone, and every other one is refused, with what to do `instead`: commander takes them wherever they stand, and nobody would
 * look at them.
 */
export function takeFlags(
  subcommand: Command,
  taken: readonly string[],
  instead: Readonly<Record<string, string>> = {},
): void {
  const sweep = subcommand.parent!;
  const others = sweep.options.filter((option) => !taken.includes(option.attributeName()));
  subcommand.configureHelp({
    ...subcommand.configureHelp(),
    visibleGlobalOptions(command) {
      const all = Help.prototype.visibleGlobalOptions.call(this, command);
      return all.filter((option) => !others.includes(option));
    },
  });
  subcommand.hook('preAction', () => {
    for (const option of others) {
      const name = option.attributeName();
      if (sweep.getOptionValueSource(name) !== 'cli') continue;
      throw new UsageError(`${option.long}: not with sweep ${subcommand.name()}`, [
        instead[name] ?? 'leave it out',
      ]);
    }
  });
}
