import { conv1d, type LineOptions, type Tensor } from '../../autograd/index.ts';
import { rowOptions } from '../../autograd/line.ts';
import { windowOptions } from '../../autograd/window.ts';
import { checkCount, checkOptions } from '../../options.ts';
import type { WeightNorm } from '../norm/weights/normOfWeights.ts';
import { WeightedLayer } from './weightedLayer.ts';
import { checkGroups, effectiveWeight, type WeightOptions, weightAndBias, weightOptions } from './weights.ts';

export interface Conv1dLayerOptions extends LineOptions, WeightOptions {
  /** Channels are cut into this many groups that do not see each other; default: 1. */
  groups?: number;
}

/** A convolution of sequences: [N, L, in] -> [N, L', out]. weight [k, in / groups, out], bias [out]. */
export class Conv1d extends WeightedLayer {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** Between the trained weight and the one that the layer computes with (normalizeWeights.ts); null: they are the same. */
  weightNorm: WeightNorm | null = null;
  readonly geometry: LineOptions & { groups: number };

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernel: number,
    options: Conv1dLayerOptions = {},
  ) {
    super();
    checkOptions('Conv1d', options, [...windowOptions, 'groups', ...weightOptions]);
    checkCount('Conv1d', 'the window', kernel);
    rowOptions('Conv1d', options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const layer = checkGroups('Conv1d', inChannels, outChannels, groups);
    this.geometry = { stride, padding, dilation, groups };
    ({ weight: this.weight, bias: this.bias } = weightAndBias(
      layer,
      [kernel, inChannels / groups, outChannels],
      options,
    ));
  }

  /** `relu`: y = max(y, 0) in the same pass. */
  forward(x: Tensor, { relu }: { relu?: boolean } = {}): Tensor {
    return conv1d(x, effectiveWeight(this), this.bias, { ...this.geometry, relu });
  }
}
