import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as normgrad from '../../src/index.ts';

/** What console.log, String and JSON make of tensors and models. */
// biome-ignore lint/suspicious/noExplicitAny: without types, as in plain JavaScript
const ng = normgrad as any;
const { tensor, zeros, Linear, Sequential } = normgrad;

describe('in print', () => {
  test('a tensor shows its shape and numbers, of long axes the ends', () => {
    expect(
      inspect({
        x: tensor([
          [1, 2],
          [3, 4.5],
        ]),
      }),
    ).toContain('Tensor [2, 2]\n');
    expect(String(tensor([1, 2]))).toBe('Tensor [2] [1, 2]');
    expect(`${tensor(3)}`).toBe('Tensor [] 3');
    expect(
      String(
        tensor([
          [1, -2],
          [3, 4.5],
        ]),
      ),
    ).toBe('Tensor [2, 2]\n[[ 1.0, -2.0],\n [ 3.0,  4.5]]');
    expect(String(tensor([1e-9, 2]))).toBe('Tensor [2] [1.000e-9, 2.000e+0]');
    expect(String(tensor([Number.NaN, -Infinity]))).toBe('Tensor [2] [NaN, -Infinity]');
    expect(String(zeros(20))).toBe('Tensor [20] [0, 0, 0, ..., 0, 0, 0]');
    expect(String(zeros(100, 100)).split('\n')).toHaveLength(8);
    expect(String(zeros(0, 3))).toBe('Tensor [0, 3] (empty)');
  });

  test('with its dtype, where it came from, and when its memory is gone', () => {
    const leaf = tensor([1], { dtype: 'float64', requiresGrad: true });
    expect(String(leaf)).toBe('Tensor [1] float64 requiresGrad [1]');
    const y = ng.relu(leaf);
    expect(String(y)).toBe('Tensor [1] float64 from relu [1]');
    ng.sum(y).backward();
    ng.relu(leaf);
    expect(String(y)).toMatch(/memory has been reused/);
    expect(() => JSON.stringify(y)).toThrow(/earlier training step/);
  });

  test('JSON has what makes the tensor again', () => {
    const { data, shape, dtype } = JSON.parse(
      JSON.stringify(tensor([[1, 2]], undefined, { dtype: 'float64' })),
    );
    expect(tensor(data, shape, { dtype })).toEqual(tensor([[1, 2]], undefined, { dtype: 'float64' }));
  });

  test('a model shows its layers', () => {
    const model = new Sequential(
      new Linear(4, 8),
      new ng.GroupNorm(2, 8, { eps: 1e-3 }),
      ng.activation('relu'),
    );
    expect(String(model)).toBe(
      [
        'Sequential(',
        '  (layers.0): Linear(inFeatures 4, outFeatures 8, weight [4, 8], bias [8])',
        '  (layers.1): GroupNorm(features 8, eps 0.001, gamma [8], beta [8], groups 2)',
        '  (layers.2): Activation(name relu)',
        ')',
      ].join('\n'),
    );
    expect(inspect([model])).toContain('(layers.1): GroupNorm');
  });
});
