import { parameter, prelu, type Tensor } from '../../autograd/index.ts';
import { checkCount, checkNumber, checkOptions } from '../../options.ts';
import { Module } from '../module.ts';

/**
 * ReLU with a slope that is learned where x is negative (He et al. 2015, arXiv:1502.01852): one, or one for each channel, the last
 * axis. Weight decay would pull it back to the plain ReLU; He et al. leave it out.
 */
export class PRelu extends Module {
  /** The slopes, [channels]. */
  readonly weight: Tensor;

  constructor(
    readonly channels = 1,
    options: { init?: number } = {},
  ) {
    super();
    checkCount('PRelu', 'channels', channels);
    checkOptions('PRelu', options, ['init']);
    const { init = 0.25 } = options;
    checkNumber('PRelu', 'init', init);
    this.weight = parameter(new Float32Array(channels).fill(init), [channels]);
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
