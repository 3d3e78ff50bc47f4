import { type Command, Option } from 'commander';
import { resolveConfig, type TrainOptions } from '../../train/config.ts';
import { trainFlags } from './flags.ts';

/** `--batch-size` */
export function flagOf(field: string): string | undefined {
  return trainFlags.find((each) => each.field === field)?.flags.split(' ')[0];
}

/** Adds every flag, with the default of the configuration in its help. */
export function addTrainFlags(command: Command): void {
  const usual = resolveConfig({});
  for (const { group, field, flags, help, parse, env } of trainFlags) {
    const value = usual[field];
    const shown =
      value === null ||
      value === false ||
      (Array.isArray(value) && value.length === 0) ||
      help.includes('default')
        ? ''
        : ` (default: ${value})`;
    const option = new Option(flags, help + shown).helpGroup(group);
    if (flags.includes('<')) option.argParser(parse);
    if (env) option.env(env);
    command.addOption(option);
  }
}

/** What was given, on the command line or in the environment, as options of a run; and the source of each. */
export function givenOptions(command: Command): { options: TrainOptions; sources: Map<string, string> } {
  const options: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  for (const { field, flags, env } of trainFlags) {
    const name = new Option(flags).attributeName();
    const value = command.getOptionValue(name);
    if (value === undefined) continue;
    options[field] = value;
    sources.set(field, command.getOptionValueSource(name) === 'env' ? env! : flags.split(' ')[0]);
  }
  return { options: options as TrainOptions, sources };
}
