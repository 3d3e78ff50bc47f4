import { Tensor } from '../../src/autograd/index.ts';
import type { Shape } from '../../src/kernels/contract.ts';
import { createRandom } from '../../src/random.ts';

/** Seeded standard normal numbers in float64 that require a gradient. */
export function normal(shape: Shape, seed: number | string = 1): Tensor {
  return numbers(shape, seed, (x) => x);
}

/** As `normal`, but at least `gap` away from 0: for operations with a kink there. */
export function awayFromZero(shape: Shape, seed: number | string = 1, gap = 0.05): Tensor {
  return numbers(shape, seed, (x) => x + Math.sign(x) * gap);
}

/** Positive numbers, at least 0.3. */
export function positive(shape: Shape, seed: number | string = 1): Tensor {
  return numbers(shape, seed, (x) => Math.abs(x) + 0.3);
}

/** All different, at least 0.1 apart, in random order: for maxima, whose kinks are ties. */
export function distinct(shape: Shape, seed: number | string = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const order = createRandom(seed).permutation(size);
  return leaf(
    Float64Array.from(order, (position) => 0.1 * (position - size / 2) + 0.03),
    shape,
  );
}

function numbers(shape: Shape, seed: number | string, map: (x: number) => number): Tensor {
  const random = createRandom(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return leaf(
    Float64Array.from({ length: size }, () => map(random.normal())),
    shape,
  );
}

function leaf(data: Float64Array, shape: Shape): Tensor {
  return new Tensor(data, shape, { requiresGrad: true });
}
