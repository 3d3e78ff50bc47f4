import { resolve } from 'node:path';
import * as v from 'valibot';
import { OWN_DATA } from '../data/files/load.node.ts';
import { isOwnData } from '../data/files/own.node.ts';
import { ConfigError, unknownName } from '../errors.ts';
import { plainObject, problemText } from '../storedFile.node.ts';
import type { CodeHashes } from './code/files.ts';
import type { Setting } from './setting.ts';
import { type SettingName, settings } from './settings.ts';

type Settings = typeof settings;

/** What is to be decided about a run; the rest gets its default. */
export type TrainOptions = {
  [Field in keyof Settings]?: Settings[Field] extends Setting<infer Input, unknown> ? Input : never;
} & Code;

type Code = {
  /** Of the files of users that settings name (code/files.ts); absent where none does. */
  code?: CodeHashes;
};

/**
 * A configuration in which every value is decided, as plain JSON. The same configuration gives the same weights, bit by bit.
 */
export type TrainConfig = {
  [Field in keyof Settings]: Settings[Field] extends Setting<infer _, infer Output> ? Output : never;
} & { lr: number; momentum: number } & Code;

/** The name of every setting. */
export const configFields = Object.keys(settings) as SettingName[];

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex'));

const fields = v.strictObject({
  ...Object.fromEntries(Object.entries(settings).map(([field, setting]) => [field, setting.schema])),
  code: v.optional(v.record(v.string(), sha256)),
}) as unknown as v.GenericSchema<Record<string, unknown>, TrainConfig>;

/** @internal Options, also from a file, with the defaults filled in. */
export const configSchema: v.GenericSchema<unknown, TrainConfig> = v.pipe(
  plainObject,
  fields,
  v.transform((config) => ({
    ...config,
    // A path that means the same wherever the run is continued.
    dataset: isOwnData(config.dataset) && config.dataDir === null ? resolve(config.dataset) : config.dataset,
    lr: config.lr ?? (config.optimizer === 'sgd' ? 0.1 : 1e-3),
    momentum: config.momentum ?? (config.optimizer === 'rmsprop' ? 0 : 0.9),
  })),
);

/** Fills in the defaults and checks every value; throws a ConfigError that names the field. */
export function resolveConfig(options: TrainOptions): TrainConfig {
  const parsed = v.safeParse(configSchema, options);
  if (!parsed.success) throw configError(parsed.issues[0]);
  return parsed.output;
}

/** `groups: must be at least 1, got 0` */
function configError(issue: v.BaseIssue<unknown>): ConfigError {
  const field = v.getDotPath(issue) ?? undefined;
  if (issue.type === 'strict_object' && field !== undefined) {
    return new ConfigError(field, unknownName('setting', field, configFields), [
      `one of: ${configFields.join(', ')}`,
    ]);
  }
  if (issue.type === 'picklist') {
    // valibot writes ("sgd" | "adam" | "adamw")
    const allowed = String(issue.expected).replace(/[()"]/g, '').replaceAll(' | ', ', ');
    return new ConfigError(field, issue.message, [
      `one of: ${allowed}`,
      ...(field === 'dataset' ? [OWN_DATA] : []),
    ]);
  }
  return new ConfigError(field, problemText(issue));
}
