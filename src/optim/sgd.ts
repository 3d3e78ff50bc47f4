import { kernels } from '../kernels/active.ts';
import { checkFlag, checkNumber, checkOptions } from '../options.ts';
import { BaseOptimizer, type ParametersOrGroups, type Slot, type Update } from './optimizer.ts';

export interface SgdOptions {
  lr: number;
  momentum?: number;
  dampening?: number;
  /** Look ahead along the velocity (Nesterov 1983; in this form Sutskever et al. 2013). */
  nesterov?: boolean;
  /** L2 penalty, added to the gradient. */
  weightDecay?: number;
  /** Climb instead of descending. */
  maximize?: boolean;
}

/**
 * Stochastic gradient descent, as in PyTorch (which multiplies the velocity by lr when it is applied, not before):
 *   g = gradient + weightDecay w,   v = momentum v + (1 - dampening) g (the first time v = g),   w = w - lr v
 * With Nesterov, w = w - lr (g + momentum v).
 */
export class Sgd extends BaseOptimizer {
  readonly #options: Required<Pick<SgdOptions, 'momentum' | 'dampening' | 'nesterov'>>;

  constructor(parametersOrGroups: ParametersOrGroups, options: SgdOptions) {
    checkOptions('Sgd', options, ['lr', 'momentum', 'dampening', 'nesterov', 'weightDecay', 'maximize']);
    const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
    checkNumber('Sgd', 'momentum', momentum, 0, 1);
    checkNumber('Sgd', 'dampening', dampening, 0, 1);
    checkFlag('Sgd', 'nesterov', nesterov);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new Error(
        `Sgd: nesterov needs a momentum above 0 and no dampening, got ${momentum} and ${dampening}.`,
      );
    }
    super(
      'Sgd',
      parametersOrGroups,
      { lr, weightDecay, maximize: options.maximize },
      momentum > 0 ? ['velocity'] : [],
    );
    this.#options = { momentum, dampening, nesterov };
  }

  protected update(slots: readonly Slot[], { lr, weightDecay, steps }: Update): void {
    const { momentum, dampening, nesterov } = this.#options;
    kernels(slots[0].parameter).sgdStep({
      momentum,
      dampening,
      nesterov,
      parameters: slots.map((slot) => slot.parameter.data),
      gradients: slots.map((slot) => slot.parameter.grad!.data),
      velocities: momentum > 0 ? slots.map((slot) => slot.arrays.velocity) : null,
      lr,
      weightDecay,
      first: steps === 0,
    });
  }
}
