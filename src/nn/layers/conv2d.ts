import { conv2d, type Pair, type Tensor, type WindowOptions } from '../../autograd/index.ts';
import { checkWindow, pair, windowOptions } from '../../autograd/window.ts';
import { checkOptions } from '../../options.ts';
import type { WeightNorm } from '../norm/weights/normOfWeights.ts';
import { WeightedLayer } from './weightedLayer.ts';
import { checkGroups, effectiveWeight, type WeightOptions, weightAndBias, weightOptions } from './weights.ts';

export interface Conv2dLayerOptions extends WindowOptions, WeightOptions {
  /** Channels are cut into this many groups that do not see each other; default: 1. */
  groups?: number;
}

/** A convolution of images: [N, H, W, in] -> [N, H', W', out]. weight [kh, kw, in / groups, out], bias [out]. */
export class Conv2d extends WeightedLayer {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** Between the trained weight and the one that the layer computes with (normalizeWeights.ts); null: they are the same. */
  weightNorm: WeightNorm | null = null;
  readonly geometry: WindowOptions & { groups: number };

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernel: Pair,
    options: Conv2dLayerOptions = {},
  ) {
    super();
    checkOptions('Conv2d', options, [...windowOptions, 'groups', ...weightOptions]);
    checkWindow('Conv2d', kernel, options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const layer = checkGroups('Conv2d', inChannels, outChannels, groups);
    this.geometry = { stride, padding, dilation, groups };
    const shape = [...pair(kernel), inChannels / groups, outChannels];
    ({ weight: this.weight, bias: this.bias } = weightAndBias(layer, shape, options));
  }

  /** `relu`: y = max(y, 0) in the same pass. */
  forward(x: Tensor, { relu }: { relu?: boolean } = {}): Tensor {
    const { stride, padding, dilation, groups } = this.geometry;
    return conv2d(x, effectiveWeight(this), this.bias, { stride, padding, dilation, groups, relu });
  }
}
