import { createHash } from 'node:crypto';
import { configFields, resolveConfig, type TrainConfig } from '../train/config.ts';
import { toJson } from '../train/metrics.ts';
import type { Setting } from '../train/setting.ts';
import { settings } from '../train/settings.ts';

/** What decides the outcome: everything but the place where the data lies. */
export function decisiveFields(config: TrainConfig): Omit<TrainConfig, 'dataDir'> {
  const { dataDir: _, ...rest } = config;
  return rest;
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
    return isNamed ? `${inName}${config[field]}` : '';
  });
  return [...parts, configHash(config).slice(0, 6)].filter(Boolean).join('-');
}
