import { erfc } from '../../../kernels/reference/erf.ts';

/** A rule for the expectation over a standard normal z: E f(z) is close to sum of weights[k] f(nodes[k]). */
export interface Expectation {
  nodes: Float64Array;
  weights: Float64Array;
}

/** Phi(z), the distribution function of the standard normal. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z * Math.SQRT1_2);
}

/** phi(z), its density. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** z with Phi(z) = p, for 0 < p < 1. Phi is convex left of 0, so Newton's steps from 0 come down on the root. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  let z = 0;
  for (;;) {
    const next = z - (normalCdf(z) - p) / normalDensity(z);
    if (next >= z) return z; // rounding ends the descent
    z = next;
  }
}

/** The midpoints of `count` slices of equal probability, with equal weights: Phi^-1((k + 1/2) / count). */
export function quantiles(count: number): Expectation {
  return {
    nodes: Float64Array.from({ length: count }, (_, k) => normalQuantile((k + 0.5) / count)),
    weights: new Float64Array(count).fill(1 / count),
  };
}

/**
 * Gauss-Hermite quadrature for the standard normal: exact for polynomials up to degree 2 count - 1. The nodes are the roots
 * of the Hermite polynomial h_count, which lie between those of h_(count - 1); the weights are 1 / (count h_(count-1)^2).
 */
export function gaussHermite(count: number): Expectation {
  let roots: number[] = [];
  for (let degree = 1; degree <= count; degree++) {
    const reach = 2 * Math.sqrt(degree) + 1; // beyond the outermost root
    const fences = [-reach, ...roots, reach];
    roots = Array.from({ length: degree }, (_, i) => rootBetween(degree, fences[i], fences[i + 1]));
  }
  const weights = roots.map((z) => 1 / (count * hermite(count - 1, z) ** 2));
  return { nodes: Float64Array.from(roots), weights: Float64Array.from(weights) };
}

/** By bisection, down to neighbouring numbers. */
function rootBetween(degree: number, low: number, high: number): number {
  const below = Math.sign(hermite(degree, low));
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (Math.sign(hermite(degree, middle)) === below) low = middle;
    else high = middle;
  }
}

/** The Hermite polynomials with E h_j h_k = 1 where j = k, else 0: sqrt(k + 1) h_(k+1) = z h_k - sqrt(k) h_(k-1). */
function hermite(degree: number, z: number): number {
  let [before, value] = [0, 1];
  for (let k = 0; k < degree; k++) {
    [before, value] = [value, (z * value - Math.sqrt(k) * before) / Math.sqrt(k + 1)];
  }
  return value;
}
