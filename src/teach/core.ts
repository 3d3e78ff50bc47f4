import { noGrad, tensor } from '../autograd/index.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { createLayer } from './layer.ts';

/** How a norm's sigma comes from the variance of a set. */
export interface Core {
  eps: number;
  /** sigma = sqrt(v + eps), else sqrt(v) + eps. */
  epsInside: boolean;
  /** v = sum (x - mu)^2 / (m - ddof). */
  ddof: 0 | 1;
}

/**
 * eps, its place and ddof, measured on the layer itself: sigma is (x - mu) / xHat, and two inputs of spread s and 1000 s tell
 * sigma^2 = a v + eps from sigma = sqrt(a v) + eps, and a from eps. null where neither explains the layer.
 */
export function measureCore(entry: NormEntry, shape: readonly number[], options: NormOptions): Core | null {
  const { p, k, g, n } = entry.view!(shape, options);
  const m = p * k;
  if (m < 2) return { eps: options.eps ?? 1e-5, epsInside: true, ddof: 0 };
  const small = deviation(1e-3);
  const large = deviation(1);
  const candidates = ([0, 1] as const).flatMap((ddof) => {
    const v = small.v / (m - ddof);
    const inside = small.sigma ** 2 - v;
    const outside = small.sigma - Math.sqrt(v);
    return [
      { ddof, epsInside: true, eps: inside, error: Math.abs(large.sigma ** 2 - 1e6 * v - inside) },
      { ddof, epsInside: false, eps: outside, error: Math.abs(large.sigma - 1e3 * Math.sqrt(v) - outside) },
    ].filter(({ eps }) => eps >= 0);
  });
  candidates.sort((a, b) => a.error - b.error);
  const best = candidates[0];
  if (best === undefined || best.error > 1e-9) return null;
  const { ddof, epsInside } = best;
  return { ddof, epsInside, eps: Number(best.eps.toPrecision(6)) };

  /** Sigma of the first set, and its sum of squares, for an input of that spread. */
  function deviation(spread: number): { sigma: number; v: number } {
    const values = Float64Array.from(
      { length: n * p * g * k },
      (_, i) => spread * (Math.sin(1 + 12.9898 * i) + (entry.centred ? 0.3 : 0)),
    );
    const x = tensor(values, shape);
    const y = noGrad(() => createLayer(entry, x, options).forward(x)).data;
    const members = membersOf(0, { n, p, g, k });
    const mu = entry.centred ? members.reduce((sum, i) => sum + values[i], 0) / m : 0;
    const furthest = members.reduce((a, b) => (Math.abs(values[b] - mu) > Math.abs(values[a] - mu) ? b : a));
    const v = members.reduce((sum, i) => sum + (values[i] - mu) ** 2, 0);
    return { sigma: (values[furthest] - mu) / y[furthest], v };
  }
}

/** The flat indices of the elements of a set, for x read as [n, p, g, k]. */
export function membersOf(
  set: number,
  { p, g, k }: { n: number; p: number; g: number; k: number },
): number[] {
  const [i, group] = [Math.floor(set / g), set % g];
  return Array.from({ length: p * k }, (_, j) => (i * p + Math.floor(j / k)) * g * k + group * k + (j % k));
}
