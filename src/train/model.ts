import { createModel } from '../nn/models/registry.ts';
import type { Module } from '../nn/module.ts';
import { createRandom } from '../random.ts';
import type { TrainConfig } from './config.ts';
import type { TrainData } from './data.ts';

/** The network of a run, its first weights drawn from the seed. */
export function buildModel(config: TrainConfig, { imageShape, classes }: TrainData): Module {
  const {
    model,
    norm,
    weightNorm,
    groups,
    channelsPerGroup,
    eps,
    normMomentum,
    detachStatistics,
    renormLimits,
    seed,
  } = config;
  const { hidden, activation, initStd, init, widths, convs, preActivation, depth } = config;
  const { normPlacement, statisticsPerStep } = config;
  return createModel(model, {
    input: imageShape,
    classes,
    norm,
    normOptions: {
      ...given({ groups, channelsPerGroup, eps, momentum: normMomentum }),
      detachStatistics,
      ...(renormLimits && { rMax: renormLimits[0], dMax: renormLimits[1], schedule: null }),
    },
    random: createRandom(seed).fork('weights'),
    ...given({ weightNorm, hidden, activation, initStd, init, widths, convs, preActivation, depth }),
    ...given({ normPlacement, statisticsPerStep }),
  });
}

/** `mlp 784-128-128-10`: the model with the widths of its dense and convolutional layers, if they are few. */
export function describeModel(name: string, model: Module): string {
  const weights = model.parameters().filter(({ rank }) => rank === 2 || rank === 4);
  const widths = weights.map(({ shape }) => shape[shape.length - 1]);
  if (widths.length > 8) return name;
  const inputs = weights[0].rank === 2 ? [weights[0].shape[0]] : [];
  return `${name} ${[...inputs, ...widths].join('-')}`;
}

/** Without the options that are null: for those the model and the norm have defaults of their own. */
function given<T extends object>(options: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}
