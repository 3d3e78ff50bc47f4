import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AdamStep, Kernels, Numbers, RmspropStep, SgdStep } from '../../../src/kernels/contract.ts';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { adamStep } from '../../../src/kernels/wasm/optimizers/adam.ts';
import { scaleInPlace, sumOfSquares } from '../../../src/kernels/wasm/optimizers/lists.ts';
import { rmspropStep } from '../../../src/kernels/wasm/optimizers/rmsprop.ts';
import { sgdStep } from '../../../src/kernels/wasm/optimizers/sgd.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { setThreadCount, threadCount } from '../../../src/kernels/wasm/runtime/threads.ts';
import { expectNear, normals } from './compare.ts';

type Steps = Pick<Kernels, 'sgdStep' | 'adamStep' | 'rmspropStep'>;
const wasm: Steps = { sgdStep, adamStep, rmspropStep };

/** Arrays of these sizes: in ordinary memory, or one after the other in a block of the kernels' memory. */
function arrays(sizes: readonly number[], seed: string, pooled: boolean, positive = false): Numbers[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const block = pooled ? allocate(total) : new Float32Array(total);
  block.set(normals(seed, [total]).data);
  if (positive)
    block.forEach((v, i) => {
      block[i] = Math.abs(v);
    });
  let at = 0;
  return sizes.map((size) => block.subarray(at, (at += size)));
}

const sizesArbitrary = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(9001)), {
  minLength: 1,
  maxLength: 8,
});

function expectSame(actual: readonly Numbers[], expected: readonly Numbers[]): void {
  actual.forEach((data, i) => {
    // One step from the same state: a few roundings of numbers of size 1.
    expectNear({ shape: [data.length], data }, { shape: [data.length], data: expected[i] }, 1e-6, 1);
  });
}

test('SGD equals the reference: momentum, dampening, Nesterov, decay, first step', () => {
  const options = fc.record({
    momentum: fc.constantFrom(0, 0.9),
    dampening: fc.constantFrom(0, 0.3),
    nesterov: fc.boolean(),
    weightDecay: fc.constantFrom(0, 0.01),
    first: fc.boolean(),
  });
  fc.assert(
    fc.property(sizesArbitrary, options, fc.boolean(), (sizes, option, pooled) => {
      const run = ({ sgdStep }: Steps, here: boolean) => {
        const parameters = arrays(sizes, 'w', here);
        const velocities = option.momentum > 0 ? arrays(sizes, 'v', here) : null;
        const step: SgdStep = {
          ...option,
          parameters,
          velocities,
          gradients: arrays(sizes, 'g', here),
          lr: 0.1,
        };
        sgdStep(step);
        return [...parameters, ...(velocities ?? [])];
      };
      expectSame(run(wasm, pooled), run(reference, false));
    }),
  );
});

test('Adam equals the reference: AMSGrad, AdamW, decay, late steps', () => {
  const options = fc.record({
    decoupled: fc.boolean(),
    weightDecay: fc.constantFrom(0, 0.01),
    step: fc.constantFrom(1, 2, 1000),
    amsgrad: fc.boolean(),
  });
  fc.assert(
    fc.property(sizesArbitrary, options, fc.boolean(), (sizes, { amsgrad, ...option }, pooled) => {
      const run = ({ adamStep }: Steps, here: boolean) => {
        const parameters = arrays(sizes, 'w', here);
        const firstMoments = arrays(sizes, 'm', here);
        const secondMoments = arrays(sizes, 'v', here, true);
        const maxSecondMoments = amsgrad ? arrays(sizes, 'max', here, true) : null;
        const moments = { firstMoments, secondMoments, maxSecondMoments };
        const constants = { lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
        const step: AdamStep = {
          ...option,
          ...constants,
          ...moments,
          parameters,
          gradients: arrays(sizes, 'g', here),
        };
        adamStep(step);
        return [...parameters, ...firstMoments, ...secondMoments, ...(maxSecondMoments ?? [])];
      };
      expectSame(run(wasm, pooled), run(reference, false));
    }),
  );
});

test('RMSprop equals the reference: centred, momentum, decay', () => {
  const options = fc.record({
    momentum: fc.constantFrom(0, 0.9),
    weightDecay: fc.constantFrom(0, 0.01),
    centered: fc.boolean(),
  });
  fc.assert(
    fc.property(sizesArbitrary, options, fc.boolean(), (sizes, { centered, ...option }, pooled) => {
      const run = ({ rmspropStep }: Steps, here: boolean) => {
        const parameters = arrays(sizes, 'w', here);
        // At least the square of any mean: otherwise v - m^2 is near 0, and its rounding is all that is left
        const squareAverages = arrays(sizes, 'v', here, true);
        for (const each of squareAverages) each.set(each.map((v) => v + 4));
        const gradientAverages = centered ? arrays(sizes, 'm', here) : null;
        for (const each of gradientAverages ?? []) each.set(each.map(Math.sin));
        const velocities = option.momentum > 0 ? arrays(sizes, 'b', here) : null;
        const step: RmspropStep = {
          ...option,
          ...{ lr: 0.01, alpha: 0.9, eps: 1e-8 },
          ...{ parameters, squareAverages, gradientAverages, velocities },
          gradients: arrays(sizes, 'g', here),
        };
        rmspropStep(step);
        return [...parameters, ...squareAverages, ...(gradientAverages ?? []), ...(velocities ?? [])];
      };
      expectSame(run(wasm, pooled), run(reference, false));
    }),
  );
});

test('moments and velocities never become denormal', () => {
  const w = allocate(8).fill(1);
  const g = allocate(8).fill(0);
  const [m, v, velocity] = [allocate(8).fill(1e-37), allocate(8).fill(1.2e-38), allocate(8).fill(-1e-37)];
  const common = { parameters: [w], gradients: [g], lr: 0.1, weightDecay: 0 };
  for (let step = 1; step < 100; step++) {
    adamStep({
      ...common,
      firstMoments: [m],
      secondMoments: [v],
      maxSecondMoments: null,
      beta1: 0.9,
      beta2: 0.9,
      eps: 1e-8,
      decoupled: false,
      step,
    });
    sgdStep({
      ...common,
      velocities: [velocity],
      momentum: 0.9,
      dampening: 0,
      nesterov: false,
      first: false,
    });
  }
  expect([...m, ...v, ...velocity].every((value) => value === 0)).toBe(true);
  [w, g, m, v, velocity].forEach(release);
});

test('sums of squares and scaling, the same bits on any number of threads', () => {
  const before = threadCount();
  fc.assert(
    fc.property(sizesArbitrary, fc.boolean(), (sizes, pooled) => {
      const list = arrays(sizes, 'x', pooled);
      const expected = reference.sumOfSquares(list);
      const sums = [1, 2, 3].map((threads) => {
        setThreadCount(threads);
        return sumOfSquares(list);
      });
      setThreadCount(before);
      expect(sums[1]).toBe(sums[0]);
      expect(sums[2]).toBe(sums[0]);
      expect(Math.abs(sums[0] - expected)).toBeLessThanOrEqual(1e-12 * expected);
      scaleInPlace(list, 0.25);
      expect(sumOfSquares(list)).toBeCloseTo(expected / 16, 6);
    }),
    { numRuns: 50 },
  );
});
