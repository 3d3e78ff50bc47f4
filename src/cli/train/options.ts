import { type Command, Option } from 'commander';
import { configFields, resolveConfig, type TrainOptions } from '../../train/config.ts';
import type { Setting } from '../../train/setting.ts';
import { type SettingName, settingGroups, settings } from '../../train/settings.ts';
import { number } from '../arguments.ts';

/** A setting's value from what stands behind its flag. */
const readers: Partial<Record<Setting['reads'], (given: string) => unknown>> = {
  names: (given) => given.split(','),
  number,
  numbers: (given) => given.split(',').map(number),
};

/** `--batch-size`, also for a place in a field: `probes.0`. */
export function flagOf(field: string): string {
  const [name] = field.split('.');
  const { flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) }: Partial<Setting> =
    settings[name as SettingName] ?? {};
  return `--${flag}`;
}

/** Adds a flag for every setting, or for those of these fields, with its default in the help. */
export function addTrainFlags(command: Command, fields: readonly string[] = configFields): void {
  const usual: Record<string, unknown> = resolveConfig({});
  for (const [group, inGroup] of Object.entries(settingGroups)) {
    for (const [field, { reads, value, help, env }] of Object.entries(inGroup)) {
      if (!fields.includes(field)) continue;
      const shown = isTelling(usual[field]) && !help.includes('default') ? ` (default: ${usual[field]})` : '';
      const option = new Option(`${flagOf(field)} ${value}`.trim(), help + shown).helpGroup(group);
      const reader = readers[reads];
      if (reader) option.argParser(reader);
      command.addOption(env ? option.env(env) : option);
    }
  }
}

/** What was given, on the command line or in the environment, as options of a run; and the source of each. */
export function givenOptions(command: Command): { options: TrainOptions; sources: Map<string, string> } {
  const options: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  for (const [field, { env }] of Object.entries<Setting>(settings)) {
    const flag = flagOf(field);
    const name = new Option(flag).attributeName();
    const value = command.getOptionValue(name);
    if (value === undefined) continue;
    options[field] = value;
    sources.set(field, command.getOptionValueSource(name) === 'env' ? env! : flag);
  }
  return { options: options as TrainOptions, sources };
}

function isTelling(value: unknown): boolean {
  return value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
}
