import { describe, expect, test } from 'vitest';
import { createNorm } from '../../../src/nn/norm/createNorm.ts';
import { registry } from '../../../src/nn/norm/registry.ts';
import { normal, pass, relativeDifference } from './layers.ts';

/** Those whose sets are the channels of one position. */
const perPosition = ['layer-position', 'rms'];

describe.each(registry.filter((entry) => entry.detaches).map((entry) => entry.name))(
  '%s with its statistics as constants',
  (name) => {
    const shape = [4, 3, 2, 6];
    const [x, dy] = [normal(shape, 'x'), normal(shape, 'dy')];
    const of = (detachStatistics: 'none' | 'both') => {
      const layer = createNorm(name, 6, { groups: 2, virtualBatch: 2, detachStatistics })!.to('float64');
      for (const parameter of layer.parameters()) parameter.data.set(normal(parameter.shape, 'parameters'));
      return { layer, ...pass(layer, shape, x, dy) };
    };

    test('puts out the same, and dx = gamma dy / sigma', () => {
      const [usual, detached] = [of('none'), of('both')];
      expect(detached.y).toEqual(usual.y);
      expect(relativeDifference(detached.dx, usual.dx)).toBeGreaterThan(0.01);
      const gamma = detached.layer.namedParameters().get('gamma')!.data;
      const beta = detached.layer.namedParameters().get('beta')?.data;
      // y = gamma (x - mu) / sigma + beta: two elements of one set give sigma, without knowing mu.
      const xHat = (i: number) => (detached.y[i] - (beta?.[i % 6] ?? 0)) / gamma[i % 6];
      const next = 6; // the same channel of the next position: in one set, unless every position is a set of its own
      for (const i of [0, 1, 40, 100]) {
        const j = perPosition.includes(name) ? (i % 6 === 5 ? i - 1 : i + 1) : i + next;
        const sigma = (x[i] - x[j]) / (xHat(i) - xHat(j));
        expect(detached.dx[i]).toBeCloseTo((gamma[i % 6] * dy[i]) / sigma, 9);
      }
    });
  },
);

test('a norm that cannot take its statistics for constants says so, and names those that can', () => {
  expect(() => createNorm('frn', 4, { detachStatistics: 'both' })).toThrow(
    'norm "frn" does not take detachStatistics ("both"); those that do: batch, layer',
  );
  expect(() => createNorm('none', 4, { detachStatistics: 'mean' })).toThrow('norm "none" does not take');
  expect(createNorm('frn', 4, { detachStatistics: 'none' })).not.toBeNull();
});
