import { grouped, plural } from '../errors.ts';
import { codeName } from '../train/code/names.ts';
import type { TrainConfig } from '../train/config.ts';
import type { ExperimentRun } from './plan.ts';

/** `mlp 128-128, sgd …`: the settings that all runs share, for the caption. */
export function describeSettings(plan: readonly Pick<ExperimentRun, 'config'>[]): string {
  const configs = plan.map(({ config }) => config);
  const shared = <Field extends keyof TrainConfig>(field: Field): TrainConfig[Field] | undefined => {
    const values = configs.map((config) => config[field]);
    return new Set(values.map((value) => JSON.stringify(value))).size === 1 ? values[0] : undefined;
  };
  const dataset = shared('dataset');
  const limit = shared('limit');
  const model = shared('model');
  const hidden = shared('hidden');
  const optimizer = shared('optimizer');
  const momentum = optimizer === 'sgd' && shared('momentum');
  const batch = shared('batchSize');
  const epochs = shared('epochs');
  const parts = [
    dataset && codeName(dataset),
    limit ? `${grouped(limit)} images` : '',
    [model && codeName(model), hidden?.join('-')].filter(Boolean).join(' '),
    momentum ? `${optimizer} with momentum ${momentum}` : optimizer,
    usualRate(configs.map(({ lr }) => lr)),
    batch === undefined ? '' : `batch ${batch}`,
    epochs === undefined ? '' : plural(epochs, 'epoch'),
  ];
  return parts.filter(Boolean).join(', ');
}

/** `lr 0.1`, or `lr 0.1 unless stated` where most runs have it. */
function usualRate(rates: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const rate of rates) counts.set(rate, (counts.get(rate) ?? 0) + 1);
  const [usual, count] = [...counts].find(([, each]) => each > rates.length / 2) ?? [];
  if (usual === undefined) return '';
  return count === rates.length ? `lr ${usual}` : `lr ${usual} unless stated`;
}
