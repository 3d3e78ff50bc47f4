import { checkRate } from '../../autograd/dropout.ts';
import { dropout, type Tensor } from '../../autograd/index.ts';
import { createRandom, defaultRandom, type Random, requireRandom } from '../../random.ts';
import { RandomLayer } from './randomLayer.ts';

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
}
