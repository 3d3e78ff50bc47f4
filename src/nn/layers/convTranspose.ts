import { checkTransposed, convTranspose2dOptions } from '../../autograd/convTranspose.ts';
import {
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  convTranspose1d,
  convTranspose2d,
  type Pair,
  type Tensor,
} from '../../autograd/index.ts';
import { rowOptions } from '../../autograd/line.ts';
import { checkPair, pair } from '../../autograd/window.ts';
import { checkCount, checkOptions } from '../../options.ts';
import { Module } from '../module.ts';
import { checkGroups, type WeightOptions, weightAndBias, weightOptions } from './weights.ts';

/**
 * Transposed convolutions: they enlarge images and sequences, as in decoders and generators. The weight is that of the convolution
 * from out to in channels whose transpose this is, drawn as in PyTorch. A norm of weights (normalizeWeights) leaves them alone:
 * their filters do not come last.
 */
export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, WeightOptions {}
export interface ConvTranspose1dLayerOptions extends ConvTranspose1dOptions, WeightOptions {}

/** The transpose of a Conv2d: [N, H, W, in] -> [N, H', W', out]. weight [kh, kw, out / groups, in], bias [out]. */
export class ConvTranspose2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly geometry: ConvTranspose2dOptions;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernel: Pair,
    options: ConvTranspose2dLayerOptions = {},
  ) {
    super();
    checkOptions('ConvTranspose2d', options, [...convTranspose2dOptions, ...weightOptions]);
    checkPair('ConvTranspose2d', 'the window', kernel, 1);
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    const layer = checkGroups('ConvTranspose2d', inChannels, outChannels, groups);
    this.geometry = { stride, padding, outputPadding, dilation, groups };
    checkTransposed('ConvTranspose2d', this.geometry);
    const shape = [...pair(kernel), outChannels / groups, inChannels];
    ({ weight: this.weight, bias: this.bias } = weightAndBias(layer, shape, options, outChannels));
  }

  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.geometry);
  }
}

/** The transpose of a Conv1d: [N, L, in] -> [N, L', out]. weight [k, out / groups, in], bias [out]. */
export class ConvTranspose1d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly geometry: ConvTranspose1dOptions;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernel: number,
    options: ConvTranspose1dLayerOptions = {},
  ) {
    super();
    checkOptions('ConvTranspose1d', options, [...convTranspose2dOptions, ...weightOptions]);
    checkCount('ConvTranspose1d', 'the window', kernel);
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    const layer = checkGroups('ConvTranspose1d', inChannels, outChannels, groups);
    this.geometry = { stride, padding, outputPadding, dilation, groups };
    rowOptions('ConvTranspose1d', this.geometry);
    checkCount('ConvTranspose1d', 'outputPadding', outputPadding, 0);
    checkTransposed('ConvTranspose1d', this.geometry);
    const shape = [kernel, outChannels / groups, inChannels];
    ({ weight: this.weight, bias: this.bias } = weightAndBias(layer, shape, options, outChannels));
  }

  forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.geometry);
  }
}
