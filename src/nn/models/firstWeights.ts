import { constant, heNormal } from '../initializers.ts';
import type { WeightOptions } from '../layers/weights.ts';
import type { ModelChoices } from './choices.ts';

/**
 * The first weights of a convolutional network, by the choice `init`, as options of its convolutions and of its last dense layer:
 *   torch    PyTorch's defaults, uniform in +-1 / sqrt(fanIn), biases too: nn.Conv2d's kaiming_uniform with a = sqrt(5). A
 *            convolution and a ReLU leave about 1/6 of the signal's power, so that without a norm training begins on a plateau
 *   he       N(0, 2 / fanIn) in all layers, biases 0: all of the power stays (He et al. 2015, arXiv:1502.01852)
 *   he-out   N(0, 2 / fanOut) in the convolutions, biases 0, and the dense layer as in torch: torchvision's ResNet
 */
export function firstWeights({ init = 'torch' }: Pick<ModelChoices, 'init'>): { conv: First; dense: First } {
  if (init === 'torch') return { conv: {}, dense: {} };
  const biasInit = constant(0);
  if (init === 'he-out') return { conv: { init: heNormal({ fan: 'out' }), biasInit }, dense: {} };
  const he = { init: heNormal(), biasInit };
  return { conv: he, dense: he };
}

type First = Pick<WeightOptions, 'init' | 'biasInit'>;
