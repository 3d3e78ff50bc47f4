import { add, parameter, relu, type Tensor } from '../../../autograd/index.ts';
import { sizeOf } from '../../../kernels/contract.ts';
import { checkShape } from '../../../options.ts';
import { Module } from '../../module.ts';
import { checkNorm } from './options.ts';

/**
 * What follows a norm in the same pass over memory: y = relu(norm(x) + residual). A norm that brings its own activation
 * (`activates`) puts it in the place of the ReLU; without one, or with a residual before it, it leaves its activation out
 * (then EvoNorm is gamma x + beta, FRN has no threshold, and Proxy Norm is the norm in front of it).
 */
export interface Then {
  residual?: Tensor | null;
  relu?: boolean;
}

/** How an optimizer treats a parameter of a norm (parameterGroups in src/optim). */
export interface ParameterRule {
  /** Default: false, since decay pulls gamma towards 0. */
  weightDecay?: boolean;
  /** Multiplies the learning rate; default: 1. */
  lrScale?: number;
}

/**
 * A normalization layer over activations [N, ..., C]: vectors [N, C], sequences [N, L, C], images [N, H, W, C], volumes
 * [N, D, H, W, C].
 */
export abstract class Norm extends Module {
  #frozen = false;

  abstract override forward(x: Tensor, then?: Then): Tensor;

  /**
   * Evaluation for good: parameters and running statistics stay as they are and are used as they are, whatever train()
   * says. To stop the parameters alone (requiresGrad) would leave the running statistics moving. `freeze(false)` thaws.
   */
  freeze(frozen = true): this {
    this.#frozen = frozen;
    for (const tensor of this.parameters()) tensor.requiresGrad = !frozen;
    return this;
  }

  /** In training and not frozen: the batch's own statistics are used, and move the running ones. */
  protected get learning(): boolean {
    return this.training && !this.#frozen;
  }

  /** Does it put its own activation in the place of a ReLU behind it? */
  readonly activates: boolean = false;

  /** The parameters that an optimizer should treat in another way than gamma and beta. */
  parameterRules(): ReadonlyMap<Tensor, ParameterRule> {
    return new Map();
  }
}

/**
 * The norm, and what follows it: by the norm itself, if its `forward` looks at what it is given for that; a norm of a user's whose
 * `forward` takes x alone has it done behind it. Whoever leaves a ReLU or a residual to a norm calls this.
 */
export function normThen(norm: Norm, x: Tensor, then: Then): Tensor {
  let isRead = false;
  const read = <Key extends keyof Then>(key: Key): Then[Key] => {
    isRead = true;
    return then[key];
  };
  const y = norm.forward(x, {
    get residual() {
      return read('residual');
    },
    get relu() {
      return read('relu');
    },
  });
  return isRead ? y : followedBy(y, then);
}

/** What most norms are called with. */
export interface AffineCall {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** Added to the variance, or to what stands in its place. */
  eps: number;
}

/** What most norms can be told. */
export interface AffineOptions {
  /** Keeps the divisor above 0; default: 1e-5, of rms, partial-rms and frn 1e-6. */
  eps?: number;
  /** Learn gamma and beta; default: true. */
  affine?: boolean;
}

/** A norm of [N, ..., C], C = features. */
export abstract class ChannelNorm<Options extends object> extends Norm {
  constructor(
    /** For messages: `InstanceNorm(features=16)`. */
    protected readonly layer: string,
    readonly features: number,
    readonly options: Options,
  ) {
    super();
    checkNorm(layer, features, options);
  }
}

/** One that begins with gamma and beta. */
export abstract class AffineNorm<Options extends AffineOptions> extends ChannelNorm<Options> {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(layer: string, features: number, options: Options, shape: readonly number[] = [features]) {
    super(layer, features, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters(shape, options.affine));
  }
}

/** Does it add a learned number to each channel? Then a bias in front of it would be one too many. */
export function learnsShift(norm: Norm | null): boolean {
  return norm !== null && [...norm.namedParameters().keys()].some((name) => name.startsWith('beta'));
}

/** gamma = 1 and beta = 0 of the given shape, or null where the layer goes without. */
export function affineParameters(shape: readonly number[], affine = true) {
  checkShape('a norm', shape);
  const size = sizeOf(shape);
  return {
    gamma: affine ? parameter(new Float32Array(size).fill(1), shape) : null,
    beta: affine ? parameter(new Float32Array(size), shape) : null,
  };
}

/** relu(y + residual), for norms whose last pass over memory does not do it on the way. */
export function followedBy(y: Tensor, then: Then | null): Tensor {
  const { residual, relu: clips } = then ?? {};
  const sum = residual ? add(y, residual) : y;
  return clips ? relu(sum) : sum;
}
