import { checkRate, dropoutMask } from '../../autograd/dropout.ts';
import { type DType, dropout, type Tensor } from '../../autograd/index.ts';
import type { Shape } from '../../kernels/contract.ts';
import { createRandom, defaultRandom, type Random, requireRandom } from '../../random.ts';
import { type Drawn, RandomLayer } from './randomLayer.ts';

/** Sets elements to 0 with probability `rate` while training, and scales the others up; nothing in evaluation. */
export class Dropout extends RandomLayer {
  /**
   * `random` should be its own, `random.fork('dropout1')`, so that no other draw shifts the masks. Default: one whose seed the
   * default generator draws.
   */
  constructor(
    readonly rate = 0.5,
    public random: Random = createRandom(defaultRandom().integer(2 ** 32)),
  ) {
    super();
    checkRate('Dropout', rate);
    requireRandom('Dropout', random);
  }

  forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.rate, this.random) : x;
  }

  draw(shape: Shape, dtype: DType): Drawn {
    return { scale: dropoutMask(shape, this.rate, this.random, dtype) };
  }
}
