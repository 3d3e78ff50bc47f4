import { kernels } from '../kernels/active.ts';
import type { SetStatistics, SetView, StandardizeOptions } from '../kernels/contract.ts';
import { record, sameDType } from './graph.ts';
import type { Tensor } from './tensor.ts';

export interface Standardize {
  /** [g * k]; null: 1. */
  gamma?: Tensor | null;
  /** [g * k]; null: 0. */
  beta?: Tensor | null;
  eps: number;
  /** false: eps is added to sigma instead of to the variance. */
  epsInside?: boolean;
  ddof?: 0 | 1;
  /** false: divide by the root mean square, without subtracting the mean. */
  center?: boolean;
  /** Statistics that are constants instead of computed from x: evaluation mode. */
  given?: SetStatistics | null;
  /** Paths from the statistics back to x that the backward pass leaves out, as if they were constants. For teaching. */
  detach?: 'none' | 'mean' | 'variance' | 'both';
  /** Added to the result; same shape as x. */
  residual?: Tensor | null;
  /** y = max(y, 0), last. */
  relu?: boolean;
  /** Sees mu and the variance of each set, [n, g], of m values, while they are valid: for running statistics. */
  observe?: (statistics: SetStatistics, m: number) => void;
}

/**
 * The core that most norms share: over each index set, xHat = (x - mu) / sigma; y = gamma xHat + beta. `view` reads x as
 * [n, p, g, k]; the statistics are taken over p and k (kernels.ts, SetView). With g = gamma dy:
 *
 *   dx = (1/sigma) ( g  -  mean(g)  -  xHat mean(g xHat) )        (NORMS.md B1; for ddof 1 the last mean divides by m - 1)
 *        direct     through mu     through sigma
 *
 * dgamma = sum dy xHat and dbeta = sum dy, over everything that shares them. The norm files choose the sets and derive
 * this; the loops are in src/kernels/reference/standardize.ts.
 */
export function standardize(x: Tensor, view: SetView, set: Standardize): Tensor {
  const { gamma = null, beta = null, given = null, residual = null, relu = false, detach = 'none' } = set;
  sameDType('standardize', x, gamma, beta, residual);
  const options: StandardizeOptions = {
    eps: set.eps,
    epsInside: set.epsInside ?? true,
    ddof: set.ddof ?? 0,
    center: set.center ?? true,
  };
  if (!given && view.p * view.k <= options.ddof) {
    throw new Error(
      `standardize: the unbiased variance (ddof 1) needs more than one value per set; [${x.shape.join(', ')}] has sets of ` +
        'one. Use ddof 0, or sets that hold more.',
    );
  }
  const k = kernels(x);
  const { y, statistics } = k.standardize({ x, view, gamma, beta, options, given, residual, relu });
  set.observe?.(statistics, view.p * view.k);
  const through = {
    mean: !given && options.center && (detach === 'none' || detach === 'variance'),
    variance: !given && (detach === 'none' || detach === 'mean'),
  };
  return record(
    'standardize',
    y,
    [x, gamma, beta, residual],
    (dy, [needsX, needsGamma, needsBeta, needsResidual]) => {
      const { dx, dgamma, dbeta, dresidual } = k.standardizeBackward({
        dy,
        x,
        y,
        view,
        gamma,
        options,
        statistics,
        through,
        relu,
        needs: { x: needsX, gamma: needsGamma, beta: needsBeta, residual: needsResidual },
      });
      return [dx, shaped(dgamma, gamma), shaped(dbeta, beta), dresidual];
    },
  );
}

function shaped(gradient: { data: Tensor['data'] } | null, like: Tensor | null) {
  return gradient && like && { shape: like.shape, data: gradient.data };
}
