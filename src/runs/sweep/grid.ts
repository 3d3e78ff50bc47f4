import { ConfigError, unknownName } from '../../errors.ts';
import { codeName } from '../../train/code/names.ts';
import { withHashes } from '../../train/codeFields.ts';
import { configFields, resolveConfig, type TrainConfig, type TrainOptions } from '../../train/config.ts';
import { runName } from '../name.ts';
import type { PlannedRun } from './sweep.ts';

/** Settings, each with the values that it takes: `{ norm: ['batch', 'layer'], seed: [1, 2, 3] }`. */
export type Axes = Readonly<Record<string, readonly unknown[]>>;

/** A run before its settings are checked. */
export type Variant = Pick<PlannedRun, 'labels' | 'config'>;

/**
 * Every variant with every combination of the axes' values; the last axis varies fastest. An axis of several values gives a
 * label, and so does one that the variant has a label for.
 */
export function expand(variants: readonly Variant[], axes: Axes): Variant[] {
  let expanded = [...variants];
  for (const [axis, values] of Object.entries(axes)) {
    if (!(configFields as string[]).includes(axis)) {
      throw new ConfigError(axis, unknownName('setting', axis, configFields), [
        `one of: ${configFields.join(', ')}`,
      ]);
    }
    if (!Array.isArray(values) || values.length === 0) {
      throw new ConfigError(axis, `needs a list of values, got ${JSON.stringify(values)}`);
    }
    expanded = expanded.flatMap(({ labels, config }) =>
      values.map((value) => ({
        labels: values.length > 1 || axis in labels ? { ...labels, [axis]: labelOf(value) } : labels,
        config: { ...config, [axis]: value },
      })),
    );
  }
  return expanded;
}

/** The variants as runs, each with its id; of two that would be the same run, the first. Throws ConfigError. */
export function plannedRuns(variants: readonly Variant[]): PlannedRun<TrainConfig>[] {
  const runs = variants.map(({ labels, config }) => {
    const resolved = withHashes(resolveConfig(config));
    return {
      id: runName(resolved),
      labels: { ...labels, ...ownNames(labels, config, resolved) },
      config: resolved,
    };
  });
  const seen = new Set<string>();
  return runs.filter(({ id }) => seen.size < seen.add(id).size);
}

/** The runs of a sweep file: `base` is what all runs share. */
export function gridVariants(base: TrainOptions, grid: Axes): Variant[] {
  return expand([{ labels: {}, config: base }], grid);
}

/** Labels that are names of the configuration, as it has them: a norm may have been named otherwise. */
function ownNames(labels: Variant['labels'], given: TrainOptions, resolved: TrainConfig): Variant['labels'] {
  const fields = configFields.filter((field) => field in labels && labels[field] === given[field]);
  return Object.fromEntries(fields.map((field) => [field, labelOf(resolved[field])]));
}

function labelOf(value: unknown): string | number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? codeName(value) : JSON.stringify(value);
}
