import { add, mean, permute, reshape, type Tensor } from '../../autograd/index.ts';
import { requireTensor } from '../../autograd/inputs.ts';
import { checkCount, checkOptions } from '../../options.ts';
import type { Random } from '../../random.ts';
import { type Initializer, normal } from '../initializers.ts';
import { Module } from '../module.ts';
import { weightAndBias } from './weights.ts';

/** What a transformer needs to read images: [N, H, W, C] becomes a sequence, and a sequence one vector. */

/** Square patches, row by row: [N, H, W, C] -> [N, (H / size) (W / size), size size C] (Dosovitskiy et al. 2021, arXiv:2010.11929). */
export class Patches extends Module {
  constructor(readonly size: number) {
    super();
    checkCount('Patches', 'size', size);
  }

  forward(x: Tensor): Tensor {
    requireTensor('Patches', x);
    const { size } = this;
    const [samples, height, width, channels] = x.shape;
    if (x.rank !== 4 || height % size !== 0 || width % size !== 0) {
      throw new Error(
        `Patches(size=${size}): expected images [N, H, W, C] with H and W multiples of ${size}, got [${x.shape.join(', ')}].`,
      );
    }
    const [rows, columns] = [height / size, width / size];
    const cut = permute(reshape(x, [samples, rows, size, columns, size, channels]), [0, 1, 3, 2, 4, 5]);
    return reshape(cut, [samples, rows * columns, size * size * channels]);
  }
}

/** Adds a learned vector for each place in the sequence: [N, L, features], L = length. weight [length, features]. */
export class Positions extends Module {
  readonly weight: Tensor;

  constructor(
    readonly length: number,
    readonly features: number,
    options: { random?: Random /** Default: N(0, 0.02^2). */; init?: Initializer } = {},
  ) {
    super();
    checkCount('Positions', 'length', length);
    checkCount('Positions', 'features', features);
    checkOptions('Positions', options, ['random', 'init']);
    const { random, init = normal({ std: 0.02 }) } = options;
    const layer = `Positions(length=${length}, features=${features})`;
    this.weight = weightAndBias(layer, [length, features], { random, init, bias: false }).weight;
  }

  forward(x: Tensor): Tensor {
    requireTensor('Positions', x);
    const { length, features } = this;
    if (x.rank !== 3 || x.shape[1] !== length || x.shape[2] !== features) {
      throw new Error(
        `Positions(length=${length}, features=${features}): expected [N, ${length}, ${features}], got [${x.shape.join(', ')}].`,
      );
    }
    return add(x, this.weight);
  }
}

/** [N, L, C] -> [N, C]: the mean over the sequence. */
export class MeanOfTokens extends Module {
  forward(x: Tensor): Tensor {
    requireTensor('MeanOfTokens', x);
    if (x.rank !== 3) throw new Error(`MeanOfTokens: expected [N, L, C], got [${x.shape.join(', ')}].`);
    return mean(x, 1);
  }
}
