import { sameDType } from '../../../autograd/graph.ts';
import { record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { checkView } from '../../../kernels/checks.ts';
import type { SetStatistics, SetView, StandardizeOptions } from '../../../kernels/contract.ts';
import { checkNumber } from '../../../options.ts';
import { type Conventions, checkDdof, detachedPaths } from './conventions.ts';
import { followedBy, type Then } from './norm.ts';
import { asItIs, type rule } from './rule.ts';

/**
 * The kernel that norms which standardize over one kind of set may name: forward and backward in two passes over memory each,
 * with the residual and the ReLU on the way. It computes what is written in the norm's file (docs/mathematics.md, B1 to B3);
 * test/nn/norm/forms.test.ts holds the two together in float64.
 */
export function standardize(x: Tensor, view: SetView, set: Standardize): StandardizeResult {
  const { gamma = null, beta = null, residual = null, relu = false } = set;
  const given = set.given ? { mean: asItIs(set.given.mean), variance: asItIs(set.given.variance) } : null;
  sameDType('standardize', x, gamma, beta, residual);
  checkNumber('standardize', 'eps', set.eps, 0);
  checkResidual(x, residual);
  const options: StandardizeOptions = {
    eps: set.eps,
    epsInside: set.epsInside ?? true,
    ddof: set.ddof ?? 0,
    center: set.center ?? true,
  };
  const k = kernels(x);
  const { y, statistics } = k.standardize({ x, view, gamma, beta, options, given, residual, relu });
  const detached = detachedPaths(set.detachStatistics);
  const through = {
    mean: !given && options.center && !detached.includes('mu'),
    variance: !given && !detached.includes('v'),
  };
  const mask = relu ? y : null;
  const reads = [[x, gamma, mask], [x, mask], [mask], [mask]] as const;
  const result = record('standardize', y, [x, gamma, beta, residual], reads, (dy, needs) => {
    const [needsX, needsGamma, needsBeta, needsResidual] = needs;
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
  });
  return { y: result, statistics };
}

/**
 * What a norm that names this kernel computes: fused, or as it is written, with the residual and the ReLU behind it. The
 * written form calls its statistics mu and v (r where there is no mean).
 */
export function fusedOr(
  x: Tensor,
  view: SetView,
  set: Standardize,
  written: () => ReturnType<typeof rule>,
): StandardizeResult {
  checkNumber('standardize', 'eps', set.eps, 0);
  checkView('standardize', x, view);
  if (!set.given) checkDdof(x.shape, view.p * view.k, set.ddof);
  if (runsFused(x)) return standardize(x, view, set);
  const { y, statistics } = written();
  const shape = [view.n, view.g];
  const ofSets = (name: string) => ({ shape, data: statistics[name].data });
  const mean = 'mu' in statistics ? ofSets('mu') : { shape, data: new Float64Array(view.n * view.g) };
  return { y: followedBy(y, set), statistics: { mean, variance: ofSets('v') } };
}

export interface Standardize extends Then, Omit<Conventions, 'affine'> {
  eps: number;
  /** [g * k]; null: 1. */
  gamma?: Tensor | null;
  /** [g * k]; null: 0. */
  beta?: Tensor | null;
  /** false: divide by the root mean square, without subtracting the mean. */
  center?: boolean;
  /** Statistics that are constants instead of computed from x: evaluation. */
  given?: SetStatistics | null;
}

/** y, and the mean and variance of each set, [n, g], which are valid until the next step begins. */
export interface StandardizeResult {
  y: Tensor;
  statistics: SetStatistics;
}

/** A residual is added element by element: one of the same size and another shape would be another thing. */
function checkResidual(x: Tensor, residual: Tensor | null): void {
  if (residual === null || residual.shape.join() === x.shape.join()) return;
  throw new Error(
    `standardize: the residual has the shape of x, [${x.shape.join(', ')}], got [${residual.shape.join(', ')}].`,
  );
}

function shaped(gradient: { data: Tensor['data'] } | null, like: Tensor | null) {
  return gradient && like && { shape: like.shape, data: gradient.data };
}

/** Which of its two forms a norm with a fused kernel runs. */
export type Form = 'written' | 'fused';

let forced: Form | null = null;

/** float32 runs the fused kernel, float64 the form that is written in the norm's file. */
export function runsFused(x: Tensor): boolean {
  return forced === null ? x.dtype === 'float32' : forced === 'fused';
}

/** Runs `fn` with one form for both dtypes: for tests and gradient checks, which prove both. */
export function withForm<T>(form: Form, fn: () => T): T {
  const outer = forced;
  forced = form;
  try {
    return fn();
  } finally {
    forced = outer;
  }
}
