import fc from 'fast-check';
import { Tensor } from '../../src/autograd/index.ts';
import * as nn from '../../src/nn/index.ts';
import { type Anything, images, op, type Recipe, type Run, recipe, tensorOf } from './recipe.ts';

/** Random calls of norms as functions. */
export const functionalNorms: Record<string, Recipe> = {};

const featuresOf = (lengths: readonly number[]) =>
  fc.oneof(
    { weight: 5, arbitrary: tensorOf(lengths.slice(-1)) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
const called = (fields: (x: readonly number[]) => Record<string, fc.Arbitrary<unknown>>) =>
  images.chain((x) =>
    fc.tuple(
      tensorOf(x),
      fc.record({
        eps: fc.constantFrom(1e-5, 1e-3),
        gamma: featuresOf(x),
        beta: featuresOf(x),
        ...fields(x),
      }),
    ),
  );
const y = (run: (...args: Anything[]) => Anything): Run =>
  op((...args) => {
    const result = run(...args);
    return result instanceof Tensor ? result : result.y;
  });
const statistics = (x: readonly number[]) =>
  fc.constantFrom(undefined, {
    mean: { shape: [x[3]], data: new Float32Array(x[3]) },
    variance: { shape: [x[3]], data: new Float32Array(x[3]).fill(2) },
  });
functionalNorms.batchNorm = recipe(
  called((x) => ({ given: statistics(x) })),
  y(nn.batchNorm as Anything),
);
functionalNorms.groupNorm = recipe(
  called(() => ({ groups: fc.constantFrom(1, 2, 3) })),
  y(nn.groupNorm as Anything),
);
functionalNorms.instanceNorm = recipe(
  called(() => ({})),
  y(nn.instanceNorm as Anything),
);
functionalNorms.layerNorm = recipe(
  called((x) => ({
    view: fc.constantFrom(nn.lastAxesSets(x, 1), nn.groupSets(x, 1), { n: 1, p: 2, g: 3, k: 4 }),
  })),
  y(nn.layerNorm as Anything),
);
functionalNorms.evoNormS0 = recipe(
  called((x) => ({ groups: fc.constantFrom(1, 2), v1: tensorOf(x.slice(-1)) })),
  y(nn.evoNormS0 as Anything),
);
functionalNorms.filterResponseNorm = recipe(
  called((x) => ({ tau: featuresOf(x), learnedEps: fc.constant(null) })),
  y(nn.filterResponseNorm as Anything),
);
functionalNorms.globalResponseNorm = recipe(
  called(() => ({})),
  y(nn.globalResponseNorm as Anything),
);
