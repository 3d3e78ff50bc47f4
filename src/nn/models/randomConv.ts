import { heNormal, type Initializer, normal } from '../initializers.ts';
import { activation } from '../layers/activation.ts';
import { CircularPad } from '../layers/circularPad.ts';
import { Conv2d } from '../layers/conv2d.ts';
import { Linear } from '../layers/linear.ts';
import { GlobalAvgPool2d } from '../layers/pooling.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Module } from '../module.ts';
import { defineModel, type ModelOptions, normLayer } from './options.ts';

/**
 * The random network of Labatie et al. 2021 (arXiv:2106.03743, Definition 1): `depth` times 3x3 convolution - norm - ReLU on
 * images that close to a torus, all of the same width; here followed by a global average and a dense layer, so that it can
 * also be trained. Weights from N(0, 2 / fanIn), no biases, gamma from N(1, 0.2^2) and beta from N(0, 0.2^2): without their
 * spread, channels behind a ReLU would all be alike and a norm over several of them would have nothing to lose.
 *   depth    blocks; default: 20
 *   widths   one number, the channels of every block; default: 64
 */
export const randomConv = defineModel({
  name: 'random-conv',
  description:
    "Proxy Norm's random network: 20 convolutions of 64 channels on a torus, with random gamma and beta",
  takes: ['depth', 'widths'],
  build(options) {
    const { input, classes, random, depth = 20, widths = [64] } = options;
    if (widths.length !== 1) {
      throw new Error(
        `random-conv: all blocks have one width, so widths must be one number; got [${widths.join(', ')}].`,
      );
    }
    const [width] = widths;
    const layers: Module[] = [];
    for (let block = 0; block < depth; block++) {
      const channels = block === 0 ? input[2] : width;
      const conv = new Conv2d(channels, width, 3, { bias: false, random, init: heNormal() });
      layers.push(new CircularPad(1), conv, ...scatteredNorm(width, options), activation('relu'));
    }
    return new Sequential([...layers, new GlobalAvgPool2d(), new Linear(width, classes, { random })]);
  },
});

/** The norm with random gamma and beta, where it has them. */
function scatteredNorm(width: number, options: ModelOptions): Module[] {
  const first: Record<string, Initializer> = {
    gamma: normal({ mean: 1, std: 0.2 }),
    beta: normal({ std: 0.2 }),
  };
  const norms = normLayer(width, options);
  for (const norm of norms) {
    for (const [name, parameter] of norm.namedParameters()) {
      if (first[name]) parameter.set(first[name](parameter.shape, options.random));
    }
  }
  return norms;
}
