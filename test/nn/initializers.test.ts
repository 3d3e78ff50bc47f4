import { describe, expect, test } from 'vitest';
import {
  constant,
  fans,
  heNormal,
  heUniform,
  type Initializer,
  normal,
  orthogonal,
  torchDefault,
  uniform,
  xavierNormal,
  xavierUniform,
} from '../../src/nn/initializers.ts';
import { createRandom } from '../../src/random.ts';

const conv = [3, 3, 16, 32]; // fanIn 144, fanOut 288

test('fans of dense and convolution weights, channels last', () => {
  expect(fans([20, 30])).toEqual({ in: 20, out: 30 });
  expect(fans(conv)).toEqual({ in: 144, out: 288 });
  expect(fans([3, 3, 1, 8])).toEqual({ in: 9, out: 72 }); // depthwise, as torch.nn.init counts it
});

const moments: { name: string; init: Initializer; std: number; mean?: number; limit?: number }[] = [
  { name: 'heNormal', init: heNormal(), std: Math.sqrt(2 / 144) },
  { name: 'heNormal, fan out', init: heNormal({ fan: 'out' }), std: Math.sqrt(2 / 288) },
  { name: 'heUniform', init: heUniform(), std: Math.sqrt(2 / 144), limit: Math.sqrt(6 / 144) },
  { name: 'xavierNormal', init: xavierNormal({ gain: 2 }), std: 2 * Math.sqrt(2 / 432) },
  { name: 'xavierUniform', init: xavierUniform(), std: Math.sqrt(2 / 432), limit: Math.sqrt(6 / 432) },
  { name: 'torchDefault', init: torchDefault(), std: 1 / Math.sqrt(3 * 144), limit: 1 / Math.sqrt(144) },
  { name: 'uniform', init: uniform({ low: 1, high: 3 }), mean: 2, std: 1 / Math.sqrt(3), limit: 3 },
  { name: 'normal', init: normal({ mean: -1, std: 0.5 }), mean: -1, std: 0.5 },
];

test.each(moments)('$name has its mean, deviation and limits', ({ init, std, mean = 0, limit }) => {
  const values = init(conv, createRandom(1)); // 4608 numbers: the deviation is known to about 1 %
  const average = values.reduce((sum, v) => sum + v, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - average) ** 2, 0) / values.length);
  expect(Math.abs(average - mean)).toBeLessThan(0.06 * std);
  expect(deviation / std).toBeGreaterThan(0.96);
  expect(deviation / std).toBeLessThan(1.04);
  if (limit !== undefined) {
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit * (1 + 1e-6));
    expect(largest).toBeGreaterThan(0.99 * limit);
  }
});

describe('orthogonal', () => {
  test.each([[[6, 4]], [[4, 6]], [[5, 5]], [[3, 3, 2, 7]], [[1, 1, 2, 9]]])('%j', (shape) => {
    const values = orthogonal({ gain: 2 })(shape, createRandom(3));
    const columns = shape[shape.length - 1];
    const rows = values.length / columns;
    const at = (i: number, j: number) =>
      rows >= columns
        ? sum(rows, (r) => values[r * columns + i] * values[r * columns + j])
        : sum(columns, (c) => values[i * columns + c] * values[j * columns + c]);
    for (let i = 0; i < Math.min(rows, columns); i++) {
      for (let j = 0; j <= i; j++) expect(at(i, j)).toBeCloseTo(i === j ? 4 : 0, 5);
    }
  });
});

test('constant fills, and the same seed gives the same numbers', () => {
  expect([...constant(3)([2], createRandom(1))]).toEqual([3, 3]);
  expect(heNormal()(conv, createRandom(5))).toEqual(heNormal()(conv, createRandom(5)));
  expect(heNormal()(conv, createRandom(5))).not.toEqual(heNormal()(conv, createRandom(6)));
});

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}
