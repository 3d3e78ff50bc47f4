import { expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/format/digits.ts';
import { BatchRenorm } from '../../src/nn/norm/batch/batchRenorm.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { prepareData } from '../../src/train/data.ts';
import { buildModel } from '../../src/train/model.ts';

/** The limits of a new network's first Batch Renorm. */
function limits(options: TrainOptions) {
  const config = resolveConfig({ model: 'mlp', hidden: [4], norm: 'batch-renorm', ...options });
  const data = prepareData(config, syntheticDigits({ seed: 1, train: 10, test: 10 }));
  const norm = [...buildModel(config, data).namedModules().values()].find(
    (module) => module instanceof BatchRenorm,
  );
  return norm?.limits();
}

it("begins Batch Renorm with the paper's limits, or with the given ones", () => {
  expect(limits({})).toEqual({ rMax: 1, dMax: 0 });
  expect(limits({ renormLimits: [1.5, 0.5] })).toEqual({ rMax: 1.5, dMax: 0.5 });
  expect(() => limits({ renormLimits: [0.5, 0.5] })).toThrow('must be at least 1, got 0.5');
});

it('hands the choices of the configuration to the model, and refuses what the norm does not take', () => {
  const build = (options: TrainOptions) => {
    const config = resolveConfig({ model: 'random-conv', depth: 2, widths: [4], ...options });
    const data = prepareData(config, syntheticDigits({ seed: 1, train: 10, test: 10 }));
    return [...buildModel(config, data).namedModules().values()];
  };
  const norms = build({ norm: 'layer', detachStatistics: 'both' }).filter((module) => 'gamma' in module);
  expect(norms).toHaveLength(2);
  expect(norms[0]).toMatchObject({ options: { detachStatistics: 'both' } });
  expect(() => build({ norm: 'frn', detachStatistics: 'both' })).toThrow('does not take detachStatistics');
});
