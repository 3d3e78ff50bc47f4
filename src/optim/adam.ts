import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import { checkFlag, checkNumber, checkOptions } from '../options.ts';
import { BaseOptimizer, type ParametersOrGroups, type Slot, type Update } from './optimizer.ts';

export interface AdamOptions {
  /** Default: 1e-3. */
  lr?: number;
  /** How slowly the two moments forget; default: [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root, outside of it; default: 1e-8 (Keras: 1e-7). */
  eps?: number;
  weightDecay?: number;
  /** Divide by the largest second moment so far (Reddi, Kale, Kumar 2018). */
  amsgrad?: boolean;
  /** Climb instead of descending. */
  maximize?: boolean;
}

const adamOptions = ['lr', 'betas', 'eps', 'weightDecay', 'amsgrad', 'maximize'];

/**
 * Adam (Kingma and Ba 2015), as in PyTorch. With t the number of the step, from 1:
 *   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
 *   w = w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
 * The weight decay is an L2 penalty: added to the gradient, so it is divided by sqrt(v) as well. AdamW does not do that.
 */
export class Adam extends BaseOptimizer {
  readonly #options: Required<Pick<AdamOptions, 'betas' | 'eps' | 'amsgrad'>>;
  readonly #decoupled: boolean;

  constructor(parametersOrGroups: ParametersOrGroups, options: AdamOptions = {}, name = 'Adam') {
    checkOptions(name, options, adamOptions);
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad = false } = options;
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw new Error(`${name}: betas are two numbers, such as [0.9, 0.999], got ${shown(betas)}.`);
    }
    for (const beta of betas) checkNumber(name, 'each beta', beta, 0, 1 - Number.EPSILON);
    checkNumber(name, 'eps', eps, 0);
    checkFlag(name, 'amsgrad', amsgrad);
    const moments = ['firstMoment', 'secondMoment', ...(amsgrad ? ['maxSecondMoment'] : [])];
    super(name, parametersOrGroups, { lr, weightDecay, maximize: options.maximize }, moments);
    this.#options = { betas, eps, amsgrad };
    this.#decoupled = name === 'AdamW';
  }

  protected update(slots: readonly Slot[], { lr, weightDecay, steps }: Update): void {
    const { betas, eps, amsgrad } = this.#options;
    kernels(slots[0].parameter).adamStep({
      parameters: slots.map((slot) => slot.parameter.data),
      gradients: slots.map((slot) => slot.parameter.grad!.data),
      firstMoments: slots.map((slot) => slot.arrays.firstMoment),
      secondMoments: slots.map((slot) => slot.arrays.secondMoment),
      maxSecondMoments: amsgrad ? slots.map((slot) => slot.arrays.maxSecondMoment) : null,
      lr,
      beta1: betas[0],
      beta2: betas[1],
      eps,
      weightDecay,
      decoupled: this.#decoupled,
      step: steps + 1,
    });
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019): w shrinks by lr weightDecay before Adam's step, by the same
 * rate whatever its gradients are. Default weightDecay: 0.01.
 */
export class AdamW extends Adam {
  constructor(parametersOrGroups: ParametersOrGroups, options: AdamOptions = {}) {
    checkOptions('AdamW', options, adamOptions);
    super(parametersOrGroups, { ...options, weightDecay: options.weightDecay ?? 0.01 }, 'AdamW');
  }
}
