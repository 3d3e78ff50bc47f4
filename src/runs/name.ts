import { createHash } from 'node:crypto';
import { resolveConfig, type TrainConfig } from '../train/config.ts';
import { toJson } from '../train/metrics.ts';

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
  const parts = [
    config.dataset === usual.dataset ? '' : config.dataset,
    config.model === usual.model ? '' : config.model,
    config.norm,
    config.weightNorm ?? '',
    config.lr === usual.lr ? '' : `lr${config.lr}`,
    `bs${config.batchSize}`,
    `s${config.seed}`,
    configHash(config).slice(0, 6),
  ];
  return parts.filter(Boolean).join('-');
}
