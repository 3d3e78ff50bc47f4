import { kernels } from '../kernels/active.ts';
import { checkFlag, checkNumber, checkOptions } from '../options.ts';
import { BaseOptimizer, type ParametersOrGroups, type Slot, type Update } from './optimizer.ts';

export interface RmspropOptions {
  /** Default: 1e-2 (Keras: 1e-3). */
  lr?: number;
  /** How slowly the mean of the squares forgets; default: 0.99 (Keras' rho: 0.9). */
  alpha?: number;
  /** Added to the root, outside of it; default: 1e-8 (Keras: 1e-7). */
  eps?: number;
  /** L2 penalty, added to the gradient. */
  weightDecay?: number;
  momentum?: number;
  /** Divide by the deviation of the gradients instead of their root mean square (Graves 2013). */
  centered?: boolean;
  /** Climb instead of descending. */
  maximize?: boolean;
}

/**
 * RMSprop (Hinton, Coursera lecture 6e, 2012), as in PyTorch. With g = gradient + weightDecay w:
 *   v = alpha v + (1 - alpha) g^2,   d = g / (sqrt(v) + eps),   w = w - lr d
 * With `centered`, m = alpha m + (1 - alpha) g and v - m^2 in the place of v. With momentum, b = momentum b + d and w = w - lr b.
 */
export class Rmsprop extends BaseOptimizer {
  readonly #options: Required<Pick<RmspropOptions, 'alpha' | 'eps' | 'momentum' | 'centered'>>;

  constructor(parametersOrGroups: ParametersOrGroups, options: RmspropOptions = {}) {
    const names = ['lr', 'alpha', 'eps', 'weightDecay', 'momentum', 'centered', 'maximize'];
    checkOptions('Rmsprop', options, names);
    const { lr = 1e-2, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false } = options;
    checkNumber('Rmsprop', 'alpha', alpha, 0, 1);
    checkNumber('Rmsprop', 'eps', eps, 0);
    checkNumber('Rmsprop', 'momentum', momentum, 0, 1);
    checkFlag('Rmsprop', 'centered', centered);
    super('Rmsprop', parametersOrGroups, { lr, weightDecay, maximize: options.maximize }, [
      'squareAverage',
      ...(centered ? ['gradientAverage'] : []),
      ...(momentum > 0 ? ['velocity'] : []),
    ]);
    this.#options = { alpha, eps, momentum, centered };
  }

  protected update(slots: readonly Slot[], { lr, weightDecay }: Update): void {
    const { alpha, eps, momentum, centered } = this.#options;
    kernels(slots[0].parameter).rmspropStep({
      parameters: slots.map((slot) => slot.parameter.data),
      gradients: slots.map((slot) => slot.parameter.grad!.data),
      squareAverages: slots.map((slot) => slot.arrays.squareAverage),
      gradientAverages: centered ? slots.map((slot) => slot.arrays.gradientAverage) : null,
      velocities: momentum > 0 ? slots.map((slot) => slot.arrays.velocity) : null,
      lr,
      alpha,
      eps,
      momentum,
      weightDecay,
    });
  }
}
