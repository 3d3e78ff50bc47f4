import type { Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { channelsFirst, channelsLast, sampleChannelsLast } from '../../border.ts';
import { type AxesOptions, overAxes } from '../core/axes.ts';
import { add, deviation, div, mean, mul, neg, square, sub } from '../core/calculus.ts';
import { type Conventions, constantsOf, standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize } from '../core/fused.ts';
import { epsOf } from '../core/golden.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { lengthsOf } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, groupSets, lastAxesSets } from '../core/sets.ts';

/**
 * Layer normalization (Ba, Kiros, Hinton 2016, arXiv:1607.06450).
 *
 * S_i = all elements of the same sample (or, over the last D axes only, of the same position); m of them. gamma and beta are
 * shared by all sets. Depends on no other sample; training and evaluation are the same.
 */
export function layerNorm(x: Tensor, set: Standardize & { view: SetView }): Tensor {
  checkCall('layerNorm', x, set);
  return fusedOr(x, set.view, set, () => written(x, set.view, set)).y;
}

function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null, ddof } = set;
  return rule('layerNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof));
    const { sigma, s } = deviation(v, set);
    const xHat = div(sub(x, mu), sigma);
    norm.steps({ sigma, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        // gamma differs from element to element inside one set: to pull it out of the means is the classic mistake
        const g = mul(gamma, dy);
        norm.steps({ g });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(xHat, mean(mul(g, xHat), ddof)), s)),
            }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
}

export interface LayerNormOptions extends Conventions, AxesOptions {
  /**
   * 'shape': statistics over the axes of `shape` (PyTorch: the last ones), gamma and beta of that shape; [C] on images
   * means each position by itself. 'sample': statistics over everything but the batch, gamma and beta per channel.
   */
  over?: 'shape' | 'sample';
}

/**
 * Layer normalization of x [N, ..., shape]. `shape`: the lengths of the last axes, e.g. 128, or [30, 30, 5] for [H, W, C]; or of
 * other axes, which `axes` names; with `over: 'sample'` the number of channels. Defaults are PyTorch's.
 */
export class LayerNorm extends Norm {
  readonly shape: readonly number[];
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    shape: number | readonly number[],
    readonly options: LayerNormOptions = {},
  ) {
    super();
    this.shape = lengthsOf('LayerNorm', shape, options);
    if (options.axes && options.over === 'sample') {
      throw new Error(
        "LayerNorm: axes and over: 'sample' both say what statistics run over. Give one of them.",
      );
    }
    ({ gamma: this.gamma, beta: this.beta } = affineParameters(this.shape, options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { gamma, beta, shape, options } = this;
    const call = { gamma, beta, ...standard(options) };
    if (options.over === 'sample') {
      checkFeatures('LayerNorm', x, shape[0]);
      return layerNorm(x, { view: groupSets(x.shape, 1), ...call, ...then });
    }
    return overAxes('LayerNorm', x, { shape, axes: options.axes, then }, (x, then) =>
      layerNorm(x, { view: lastAxesSets(x.shape, shape.length), ...call, ...then }),
    );
  }
}

const common = {
  centred: true,
  detaches: true,
  fused: true,
  defaults: [
    {
      where: 'normgrad, PyTorch',
      says: 'eps 1e-5; PyTorch normalizes over the last axes, gamma and beta of their shape',
    },
    { where: 'Keras 3', says: 'eps 1e-3; over the last axis, or any others (`axis`; here `axes`)' },
    { where: 'Flax', says: 'eps 1e-6; over the last axis; variance as E[x²] − E[x]², clipped at 0' },
  ],
  traps: [
    'Over one value it puts out beta; over two, xHat = ±1.',
    'gamma of shape [H, W, C] ties a network to one image size.',
    'To pull gamma out of the means is the classic mistake: g = gamma dy comes before them.',
  ],
  source: 'sample/layerNorm.ts',
};

export const layer = defineNorm<LayerNormOptions>({
  ...common,
  name: 'layer',
  aliases: ['ln'],
  title: 'LayerNorm',
  paper: 'Ba, Kiros, Hinton 2016, arXiv:1607.06450',
  sets: 'the sample, over all positions and channels',
  view: (shape) => groupSets(shape, 1),
  golden: {
    layerNorm: {
      layout: 'own',
      run({ x, gamma, beta }, a) {
        const shape = a.list('normalizedShape', gamma?.shape);
        const over = (input: Tensor) => ({ view: lastAxesSets(input.shape, shape.length), eps: epsOf(a) });
        // Only over whole samples, or all of them, are the channels among the axes that change places
        if (shape.length < x.rank - 1 || x.rank < 3) return layerNorm(x, { ...over(x), gamma, beta });
        const images = channelsLast(x);
        const last = shape.length === x.rank ? channelsLast : sampleChannelsLast;
        const affine = { gamma: gamma && last(gamma), beta: beta && last(beta) };
        return channelsFirst(layerNorm(images, { ...over(images), ...affine }));
      },
    },
  },
  build: (features, options) => new LayerNorm(features, { ...options, over: 'sample' }),
});

export const layerPosition = defineNorm<LayerNormOptions>({
  ...common,
  name: 'layer-position',
  aliases: ['ln-position', 'layernorm2d', 'channel-layer'],
  title: 'LayerNorm per position',
  paper: 'Ba, Kiros, Hinton 2016, arXiv:1607.06450; on images as in ConvNeXt (Liu et al. 2022)',
  sets: 'the position, over its channels',
  view: (shape) => lastAxesSets(shape, 1),
  golden: {
    layerNormChannels: {
      run: ({ x, gamma, beta }, a) =>
        layerNorm(x, { view: lastAxesSets(x.shape, 1), gamma, beta, eps: epsOf(a) }),
    },
  },
  build: (features, options) => new LayerNorm(features, options),
});
