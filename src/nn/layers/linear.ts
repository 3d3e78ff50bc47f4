import { linear, type Tensor } from '../../autograd/index.ts';
import { checkCount, checkOptions } from '../../options.ts';
import type { WeightNorm } from '../norm/weights/normOfWeights.ts';
import { WeightedLayer } from './weightedLayer.ts';
import { effectiveWeight, type WeightOptions, weightAndBias, weightOptions } from './weights.ts';

/** A dense layer over the last axis: [..., in] -> [..., out], y = x weight + bias. weight [in, out], bias [out]. */
export class Linear extends WeightedLayer {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** Between the trained weight and the one that the layer computes with (normalizeWeights.ts); null: they are the same. */
  weightNorm: WeightNorm | null = null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: WeightOptions = {},
  ) {
    super();
    checkCount('Linear', 'inFeatures', inFeatures);
    checkCount('Linear', 'outFeatures', outFeatures);
    checkOptions('Linear', options, weightOptions);
    const layer = `Linear(in=${inFeatures}, out=${outFeatures})`;
    ({ weight: this.weight, bias: this.bias } = weightAndBias(layer, [inFeatures, outFeatures], options));
  }

  /** `relu`: y = max(y, 0) in the same pass. */
  forward(x: Tensor, then: { relu?: boolean } = {}): Tensor {
    return linear(x, effectiveWeight(this), this.bias, then);
  }
}
