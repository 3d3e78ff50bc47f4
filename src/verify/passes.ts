import { Tensor } from '../autograd/index.ts';
import type { SetView, Shape } from '../kernels/contract.ts';
import type { Form } from '../nn/norm/core/fused.ts';
import type { Norm, Then } from '../nn/norm/core/norm.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';

/** Norms tried out in float64: what the laws (laws.ts) and the tests of norms have in common. */

/** Both forms of a norm with a fused kernel; of the others what is written. */
export function formsOf({ fused }: NormEntry): readonly Form[] {
  return fused ? ['written', 'fused'] : ['written'];
}

/** The layer in float64, with parameters that are not the initial ones. */
export function buildLayer(entry: NormEntry, features: number, options: NormOptions, seed: number): Norm {
  const layer = entry.build(features, options).to('float64');
  const random = createRandom(`parameters ${seed}`);
  for (const parameter of layer.parameters()) {
    for (let i = 0; i < parameter.size; i++) parameter.data[i] += 0.4 * random.normal();
  }
  // Weight norms have one state, the singular pair of spectral norm: held, as its backward pass takes it to be
  return entry.kind === 'weight' ? layer.eval() : layer;
}

/** Seeded standard normal numbers. */
export function normal(shape: Shape, seed: number | string): Float64Array {
  const random = createRandom(`numbers ${seed}`);
  return Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
}

export interface Pass {
  y: Float64Array;
  dx: Float64Array;
  /** By name: gamma, beta, ... */
  gradients: Record<string, Float64Array>;
}

/** Forward and backward; norms that bring an activation are passed with it. */
export function pass(
  layer: Norm,
  shape: Shape,
  x: Float64Array,
  dy: Float64Array,
  then: Then = { relu: layer.activates },
): Pass {
  const input = new Tensor(x.slice(), shape, { requiresGrad: true });
  layer.zeroGrad();
  const y = layer.forward(input, then);
  y.backward({ gradient: { shape, data: dy } });
  const gradients = [...layer.namedParameters()].map(([name, tensor]) => [name, gradientOf(tensor)]);
  return { y: Float64Array.from(y.data), dx: gradientOf(input), gradients: Object.fromEntries(gradients) };
}

/** A copy of a leaf's gradient. */
export function gradientOf(x: Tensor): Float64Array {
  return Float64Array.from(x.grad!.data);
}

/** The positions of each set's elements in x, with their feature. */
export function setsOf({ n, p, g, k }: SetView): { at: number; feature: number }[][] {
  return Array.from({ length: n * g }, (_, set) => {
    const sample = Math.floor(set / g);
    return Array.from({ length: p * k }, (_, j) => {
      const feature = (set % g) * k + (j % k);
      return { at: (sample * p + Math.floor(j / k)) * g * k + feature, feature };
    });
  });
}

/** max |a - b| relative to the largest value of either. */
export function relativeDifference(a: Float64Array, b: Float64Array): number {
  let difference = 0;
  let largest = 1e-300;
  for (let i = 0; i < a.length; i++) {
    const here = Math.abs(a[i] - b[i]);
    if (Number.isNaN(here)) return Infinity;
    difference = Math.max(difference, here);
    largest = Math.max(largest, Math.abs(a[i]), Math.abs(b[i]));
  }
  return difference / largest;
}

export function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
