import { createHash } from 'node:crypto';
import { toJson } from '../json.ts';
import { withNames } from '../train/codeFields.ts';
import { configFields, resolveConfig, type TrainConfig } from '../train/config.ts';
import type { Setting } from '../train/setting.ts';
import { type SettingName, settings } from '../train/settings.ts';

/** The defaults; every run of a sweep is compared with them. */
const usual = resolveConfig({});

/**
 * What decides the outcome: everything but the places where data and code lie, and later settings that have their default. Of code,
 * its text decides.
 */
export function decisiveFields(config: TrainConfig): Record<string, unknown> {
  const { code, ...rest } = withNames(config);
  const isDecisive = (field: SettingName) => {
    const { addedLater }: Setting = settings[field];
    return field !== 'dataDir' && !(addedLater && toJson(rest[field]) === toJson(usual[field]));
  };
  const fields = Object.entries(rest).filter(([field]) => isDecisive(field as SettingName));
  return { ...Object.fromEntries(fields), ...(code && { code: Object.values(code).sort() }) };
}

/** 64 hex digits, the same exactly for runs that would be the same. */
export function configHash(config: TrainConfig): string {
  return createHash('sha256')
    .update(toJson(decisiveFields(config)))
    .digest('hex');
}

/**
 * `batch-bs64-s1-77c0e2`: what readers look for first, and a hash of the whole configuration, so that two folders have
 * one name exactly when the runs would be the same. Safe in file names everywhere.
 */
export function runName(config: TrainConfig): string {
  const ofOptimizer = resolveConfig({ optimizer: config.optimizer });
  const named = withNames(config);
  const parts = configFields.map((field) => {
    const { inName, alwaysInName }: Setting = settings[field];
    const isNamed = inName !== undefined && (alwaysInName || config[field] !== ofOptimizer[field]);
    // Of a file its name; a folder's name cannot have all that a path has.
    const value = String(named[field])
      .replace(/[/\\]+$/, '')
      .replace(/^.*[/\\]/, '');
    return isNamed ? `${inName}${value}`.replace(/[^\w.+-]+/g, '_') : '';
  });
  return [...parts, configHash(config).slice(0, 6)].filter(Boolean).join('-');
}
