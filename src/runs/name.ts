import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { configFields, resolveConfig, type TrainConfig } from '../train/config.ts';
import { toJson } from '../train/metrics.ts';
import type { Setting } from '../train/setting.ts';
import { settings } from '../train/settings.ts';

/**
 * What decides the outcome: everything but the place where the data lies. Without the defaults of settings that earlier versions had
 * not, so that their runs keep their names and go on.
 */
export function decisiveFields(config: TrainConfig): Partial<Omit<TrainConfig, 'dataDir'>> {
  const decisive: Partial<TrainConfig> = { ...config };
  delete decisive.dataDir;
  for (const field of configFields) {
    const { isNew, schema }: Setting = settings[field];
    if (isNew && config[field] === v.getDefault(schema)) delete decisive[field];
  }
  return decisive;
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
  const usual = resolveConfig({ optimizer: config.optimizer });
  const parts = configFields.map((field) => {
    const { inName, alwaysInName }: Setting = settings[field];
    const isNamed = inName !== undefined && (alwaysInName || config[field] !== usual[field]);
    // Of a file its name; a folder's name cannot have all that a path has.
    const value = String(config[field])
      .replace(/[/\\]+$/, '')
      .replace(/^.*[/\\]/, '');
    return isNamed ? `${inName}${value}`.replace(/[^\w.+-]+/g, '_') : '';
  });
  return [...parts, configHash(config).slice(0, 6)].filter(Boolean).join('-');
}
