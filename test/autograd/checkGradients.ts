import { expect, test } from 'vitest';
import { gradcheck } from '../../src/autograd/gradcheck.ts';
import type { Tensor } from '../../src/autograd/index.ts';
import { afterOverwriting } from './overwrite.ts';

type Inputs = Record<string, Tensor>;

/**
 * Central differences in float64 against backward(), random upstream, tolerance 1e-7 of the largest value. And numbers that are
 * overwritten before backward() give no wrong gradient: it throws, unless its rule does not read them.
 */
export function checkGradients(name: string, inputs: Inputs, fn: (inputs: Inputs) => Tensor) {
  test(name, () => {
    const results = gradcheck(fn, inputs);
    expect(results.map((result) => result.name)).toEqual(Object.keys(inputs));
    for (const result of results) expect(result.maxRel, JSON.stringify(result)).toBeLessThan(1e-7);
    for (const [input, x] of Object.entries(inputs)) {
      const outcome = afterOverwriting(
        () => x,
        inputs,
        () => fn(inputs),
      );
      expect(['throws', 'right'], `${input} overwritten: wrong gradient of ${outcome}`).toContain(outcome);
    }
    const outcome = afterOverwriting(
      (y) => y,
      inputs,
      () => fn(inputs),
    );
    expect(['throws', 'right'], `the result overwritten: wrong gradient of ${outcome}`).toContain(outcome);
  });
}
