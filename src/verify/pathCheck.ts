import { numericGradient } from '../autograd/differences.ts';
import { type GradcheckOptions, upstreamFor } from '../autograd/gradcheck.ts';
import { noGrad, type Tensor, zeroGrad } from '../autograd/index.ts';
import { requireTensor } from '../autograd/inputs.ts';
import type { NDArray } from '../kernels/contract.ts';
import { traced } from '../nn/norm/core/trace.ts';

/** What `checkPaths` found. */
export interface PathCheck {
  /** `looks like the path through mu is missing`; null where each path is right. */
  looksLike: string | null;
  paths: PathPair[];
}

/** One path of dx, as the norm's file has it and as differences have it. */
export interface PathPair {
  /** 'direct', or the statistic that the path goes through. */
  path: string;
  analytic: Float64Array;
  numeric: Float64Array;
  /** Values of a set. */
  m: number;
}

/**
 * Takes the backward pass of a norm apart, and says which path of dx is wrong, and how: missing, of the wrong sign, or by
 * which factor. `fn` is a norm of this library (or one that is written like them, see CONTRIBUTING.md) in float64, x any shape
 * that it takes, with requiresGrad, and L = sum(fn(x) * u) with the random upstream u that gradcheck takes. It must be the same
 * function in every call: without dropout, and with running statistics that stay (`norm.freeze()`, or put back).
 *
 *     const norm = new LayerNorm(4).to('float64');
 *     checkPaths((x) => norm.forward(x), x).looksLike === null
 *
 * Throws where `fn` is not one written norm: there are no paths to compare, and gradcheck is what is left.
 */
export function checkPaths(
  fn: (x: Tensor) => Tensor,
  x: Tensor,
  { h, seed = 1 }: Pick<GradcheckOptions, 'h' | 'seed'> = {},
): PathCheck {
  requireTensor('checkPaths', x, 'x, a tensor behind the norm');
  if (x.dtype !== 'float64' || !x.requiresGrad) {
    throw new Error(
      `checkPaths: x must be float64 and require a gradient, got ${x.dtype}: ` +
        "tensor(values, shape, { dtype: 'float64', requiresGrad: true }).",
    );
  }
  const { shape } = noGrad(() => fn(x));
  const paths = pathPairs(() => fn(x), x, upstreamFor(shape, seed), h);
  if (!paths) {
    throw new Error(
      'checkPaths: fn is not one norm as this library writes them, so its gradient has no paths by name. Check a single norm, ' +
        'or the whole of fn with gradcheck.',
    );
  }
  return { looksLike: wrongPath(paths), paths };
}

/**
 * dx path by path: by the backward as it is written, and by central differences of L = sum(y upstream) while all statistics
 * are held but one (none, for the direct path). null for norms that are not one written form: two norms in a row, or a fused
 * kernel. `forward` must be the same function of x in every call.
 */
export function pathPairs(forward: () => Tensor, x: Tensor, upstream: Tensor, h = 1e-5): PathPair[] | null {
  zeroGrad(x);
  const { rules } = traced(() => forward().backward({ gradient: upstream }));
  zeroGrad(x);
  if (rules.length !== 1) return null;
  const [{ statistics, constants, paths, everywhere, shape }] = rules;
  const m = shape[1] * shape[3];
  const numericWhile = (held: ReadonlyMap<string, NDArray>) =>
    numericGradient(x, () => traced(() => noGrad(forward), [held]).result.toArray(), upstream, h);

  const direct = numericWhile(new Map([...statistics, ...constants]));
  const names = [...new Set(['direct', ...statistics.keys(), ...paths.keys()])];
  return names.map((path) => {
    const others = new Map([...statistics].filter(([name]) => name !== path));
    const numeric =
      path === 'direct' ? direct : minus(numericWhile(new Map([...others, ...constants])), direct);
    const part = paths.get(path);
    return { path, analytic: part ? everywhere(part) : new Float64Array(x.size), numeric, m };
  });
}

/** Says which path of a wrong dx is wrong, and how. null: each is right, or there is none to compare. */
export function wrongPath(pairs: readonly PathPair[]): string | null {
  const scale = Math.max(...pairs.map(({ numeric }) => length(numeric)));
  const faults = pairs
    .filter(({ analytic, numeric }) => length(minus(analytic, numeric)) > 1e-5 * scale)
    .map(({ path, analytic, numeric, m }) => {
      const name = path === 'direct' ? 'the direct path' : `the path through ${path}`;
      if (length(analytic) <= 1e-9 * scale) return `${name} is missing`;
      if (length(numeric) <= 1e-9 * scale) return `${name} is there, but x does not reach L that way`;
      const factor = dot(analytic, numeric) / dot(numeric, numeric);
      const proportional =
        length(analytic.map((value, i) => value - factor * numeric[i])) < 1e-5 * length(analytic);
      if (!proportional) return `${name} is wrong`;
      if (Math.abs(factor + 1) < 1e-5) return `${name} has the sign wrong`;
      const times = `${name} is ${Number(factor.toPrecision(4))} times what it should be`;
      const divisors = [(m - 1) / m, m / (m - 1)];
      return divisors.some((divisor) => Math.abs(factor - divisor) < 1e-5)
        ? `${times}: m and m - 1 are mixed up, the divisors of the biased and the unbiased variance`
        : times;
    });
  return faults.length === 0 ? null : `looks like ${faults.join('; ')}`;
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function length(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
