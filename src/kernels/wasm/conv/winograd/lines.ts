import type { F32x4, FunctionBuilder, Var } from '../../builder/index.ts';
import { rememberFor } from '../../runtime/remember.ts';
import type { Filter } from './filter.ts';

/**
 * The one-dimensional transforms of Winograd's minimal filtering F(m, r): m outputs of an r-tap filter from m + r - 1 inputs
 * with as many multiplications instead of m r (Winograd 1980; for convolutions Lavin and Gray 2016):
 *
 *   y = A^T [(G g) * (B^T d)]
 *
 * G and A hold the powers of the points (filter.ts), G weighted by 1 / the product of the differences to the other points, B^T
 * the coefficients of the polynomials that vanish at all other points. Points +-p share the even powers and differ in the
 * sign of the odd ones, so they are computed together.
 *
 * Each function writes one matrix-vector product. The gradients use the transposed matrices. Where the last tap is lacking
 * (phases.ts), so are the last value of the input and the value at infinity of everything.
 */
export type Line = (f: FunctionBuilder, values: F32x4[]) => F32x4[];

export interface Lines {
  /** B^T d: tile to tile, for the image's tiles. */
  input: Line;
  /** A^T m: tile to outputs, from products to the result. */
  output: Line;
  /** A y: outputs to tile, from the result's gradient to the products'. */
  outputGradient: Line;
  /** G g: taps to tile, for the weights. */
  weight: Line;
  /** G^T u: tile to taps, from the gradient of the transformed weights to that of the weights. */
  weightGradient: Line;
}

export const linesOf = rememberFor((filter: Filter): Lines => {
  const { points, taps, outputs, hasZero } = filter;
  const vanishing = polynomial(points);
  const zero = hasZero ? 1 / vanishing[0] : 0;
  const weights: Weights = {
    zero,
    pairs: points.map((p) => {
      const others = points.filter((q) => q !== p).reduce((all, q) => all * (p * p - q * q), 1);
      return 1 / ((hasZero ? 2 * p * p : 2 * p) * others);
    }),
  };
  const ones: Weights = { zero: 1, pairs: points.map(() => 1) };
  return {
    input: inputLine(filter),
    output: gather(filter, outputs, ones),
    outputGradient: evaluate(filter, outputs, ones),
    weight: evaluate(filter, taps, weights),
    weightGradient: gather(filter, taps, weights),
  };
});

/** Of the point 0, and of +p (and of -p, or its opposite where 0 is no point). */
interface Weights {
  zero: number;
  pairs: readonly number[];
}

/** The coefficients, in x^2, of the product of all x^2 - p^2. */
function polynomial(points: readonly number[]): number[] {
  let product = [1];
  for (const p of points) {
    const before = product;
    product = [...before, 0].map((_, k) => (before[k - 1] ?? 0) - (before[k] ?? 0) * p * p);
  }
  return product;
}

/** The sum of coefficient times value, from the first term on. */
function sum([[value, coefficient], ...rest]: [F32x4, number][]): F32x4 {
  const first = coefficient === 1 ? value : value.times(coefficient);
  return rest.reduce((all, [v, c]) => {
    if (c === 1) return all.plus(v);
    return c < 0 ? v.nmadd(-c, all) : v.madd(c, all);
  }, first);
}

/** Values `first`, `first` + 2, ... against the coefficients of a polynomial in x^2. */
function polynomialOf(values: F32x4[], first: number, coefficients: readonly number[]): F32x4 {
  return sum(coefficients.map((c, k): [F32x4, number] => [values[first + 2 * k], c]).reverse());
}

function inputLine({ points, hasZero, tile }: Filter): Line {
  const all = polynomial(points);
  return (f, d) => {
    const pairs = points.flatMap((p) => {
      const others = polynomial(points.filter((q) => q !== p));
      // (x + p) or, with 0 for a point, x (x + p) times what vanishes at the other pairs
      const high = f.let(polynomialOf(d, hasZero ? 2 : 1, others));
      const low = f.let(polynomialOf(d, hasZero ? 1 : 0, others));
      return [low.madd(p, high), hasZero ? low.nmadd(p, high) : low.times(p).minus(high)];
    });
    const atZero = hasZero ? [polynomialOf(d, 0, all)] : [];
    const atInfinity = d.length === tile ? [polynomialOf(d, tile - 1 - 2 * points.length, all)] : [];
    return [...atZero, ...pairs, ...atInfinity];
  };
}

/** The polynomial with `count` coefficients, at all points; at each with its weight. */
function evaluate({ points, hasZero }: Filter, count: number, weights: Weights): Line {
  return (f, values) => {
    const each = values.map((value, k) => ({ value, k }));
    const pairs = points.flatMap((p, i) => {
      const weight = weights.pairs[i];
      const even = each.filter(({ k }) => k % 2 === 0);
      const odd = each.filter(({ k }) => k % 2 === 1);
      const evens = f.let(sum(even.map(({ value, k }) => [value, p ** k * weight])));
      if (odd.length === 0) return [evens, evens];
      const odds = f.let(sum(odd.map(({ value, k }) => [value, p ** (k - 1)])));
      return [odds.madd(p * weight, evens), odds.nmadd(p * weight, evens)];
    });
    const atZero = hasZero ? [sum([[values[0], weights.zero]])] : [];
    // At infinity the highest coefficient alone, which is zero where it is not given
    return values.length === count ? [...atZero, ...pairs, values[count - 1]] : [...atZero, ...pairs];
  };
}

/** The transpose of `evaluate`: the sums of the values, and of the values times each power of their points. */
function gather({ points, hasZero, tile }: Filter, count: number, weights: Weights): Line {
  return (f, values) => {
    const first = hasZero ? 1 : 0;
    const even: Var<F32x4>[] = [];
    const odd: Var<F32x4>[] = [];
    for (let i = 0; i < points.length; i++) {
      const [plus, minus] = [values[first + 2 * i], values[first + 2 * i + 1]];
      even.push(f.let(plus.plus(minus)));
      odd.push(f.let(plus.minus(minus)));
    }
    return Array.from({ length: count }, (_, k) => {
      const pairs = points.map((p, i): [F32x4, number] => [
        (k % 2 === 0 ? even : odd)[i],
        p ** k * weights.pairs[i],
      ]);
      const atZero: [F32x4, number][] = k === 0 && hasZero ? [[values[0], weights.zero]] : [];
      const atInfinity: [F32x4, number][] =
        k === count - 1 && values.length === tile ? [[values[tile - 1], 1]] : [];
      return sum([...atZero, ...atInfinity, ...pairs]);
    });
  };
}
