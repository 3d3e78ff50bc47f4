import { unknownName } from '../../../errors.ts';
import type { NormOptions } from '../registry.ts';

export type Framework = 'torch' | 'keras';

/**
 * The conventions of other frameworks, as options of our norms: `createNorm('batch', 64, preset('keras', 'batch'))`. One batch
 * [1, 2, 4, 7] moves a running mean of 0 and variance of 1 to 0.35 and 1.6 in PyTorch, to 0.035 and 1.0425 in Keras.
 */
export const presets: Readonly<Record<Framework, Readonly<Record<string, NormOptions>>>> = {
  torch: {
    batch: { eps: 1e-5, momentum: 0.1, runningVar: 'unbiased' },
    layer: { eps: 1e-5 },
    'layer-position': { eps: 1e-5 },
    group: { eps: 1e-5 },
    instance: { eps: 1e-5, affine: false },
    rms: { eps: 2 ** -23 }, // finfo(float32).eps
  },
  keras: {
    batch: { eps: 1e-3, decay: 0.99, runningVar: 'biased' },
    layer: { eps: 1e-3 },
    'layer-position': { eps: 1e-3 },
    group: { eps: 1e-3, groups: 32 },
    instance: { eps: 1e-3 },
    rms: { eps: 1e-6 },
  },
};

/** The options of one norm in one framework. Throws where that framework does not have it. */
export function preset(framework: Framework, norm: string): NormOptions {
  if (!Object.hasOwn(presets, framework)) {
    throw new Error(
      `preset: ${unknownName('framework', String(framework), Object.keys(presets))}; it has torch and keras.`,
    );
  }
  const options = presets[framework][norm];
  if (options) return options;
  throw new Error(
    `preset: ${framework} has no norm "${norm}" in this list; it has ${Object.keys(presets[framework]).join(', ')}.`,
  );
}
