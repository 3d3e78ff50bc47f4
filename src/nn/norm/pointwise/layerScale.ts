import { parameter, type Tensor } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import { mul } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { followedBy, Norm, type Then } from '../core/norm.ts';
import { checkNorm } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { channelSets, checkFeatures } from '../core/sets.ts';

/**
 * LayerScale (Touvron et al. 2021, arXiv:2103.17239): a residual branch begins small, and each channel learns how large.
 *
 * No index set: no statistics at all, and the same in training and evaluation. lambda belongs to a channel.
 */
export function layerScale(x: Tensor, lambda: Tensor, then: Then = {}): Tensor {
  requireTensor('layerScale', x);
  const view = channelSets(x.shape);
  const { y } = rule('layerScale', view, { x, lambda }, {}, ({ x, lambda }, norm) => [
    mul(lambda, x),
    (dy) => ({
      x: () => norm.paths({ direct: mul(lambda, dy) }),
      lambda: () => mul(dy, x),
    }),
  ]);
  return followedBy(y, then);
}

export interface LayerScaleOptions {
  /** lambda at first; default: 0.1, for up to 18 blocks; 1e-5 up to 24, 1e-6 beyond (the paper). */
  initial?: number;
}

/** LayerScale of [N, ..., C], C = features. */
export class LayerScale extends Norm {
  readonly lambda: Tensor;

  constructor(
    readonly features: number,
    options: LayerScaleOptions = {},
  ) {
    super();
    checkNorm('LayerScale', features, options);
    this.lambda = parameter(new Float32Array(features).fill(options.initial ?? 0.1), [features]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`LayerScale(features=${this.features})`, x, this.features);
    return layerScale(x, this.lambda, then);
  }
}

export const layerScaleEntry = defineNorm<LayerScaleOptions>({
  name: 'layer-scale',
  title: 'LayerScale',
  paper: 'Touvron et al. 2021, arXiv:2103.17239',
  sets: 'none: every element by itself',
  parameters: 'lambda [C]',
  traps: [
    'It normalizes nothing; it belongs at the end of residual branches, and behind each layer of a plain network it lets the ' +
      'signal die out.',
  ],
  golden: { layerScale: { run: ({ x, gamma }) => layerScale(x, gamma as Tensor) } },
  source: 'pointwise/layerScale.ts',
  build: (features, options) => new LayerScale(features, options),
});
