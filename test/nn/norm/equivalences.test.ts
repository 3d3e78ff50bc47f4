import { describe, expect, test } from 'vitest';
import { BatchNorm } from '../../../src/nn/norm/batchNorm.ts';
import { GroupNorm } from '../../../src/nn/norm/groupNorm.ts';
import { InstanceNorm } from '../../../src/nn/norm/instanceNorm.ts';
import { LayerNorm } from '../../../src/nn/norm/layerNorm.ts';
import type { Norm } from '../../../src/nn/norm/norm.ts';
import { normal, pass, relativeDifference } from './layers.ts';

/** T7: where two norms are the same function, forward and backward. */
const shape = [2, 3, 4, 6];
const gamma = normal([6], 'gamma');
const beta = normal([6], 'beta');

function run(layer: Norm, parameters = { gamma, beta }, at = shape) {
  layer.to('float64');
  for (const [name, tensor] of layer.namedParameters()) tensor.data.set(parameters[name as 'gamma' | 'beta']);
  return pass(layer, at, normal(at, 'x'), normal(at, 'dy'));
}

function expectSame(a: Norm, b: Norm) {
  const [first, second] = [run(a), run(b)];
  expect(relativeDifference(first.y, second.y)).toBeLessThan(1e-14);
  expect(relativeDifference(first.dx, second.dx)).toBeLessThan(1e-13);
  for (const name of ['gamma', 'beta']) {
    expect(relativeDifference(first.gradients[name], second.gradients[name])).toBeLessThan(1e-13);
  }
}

describe('T7', () => {
  test('GroupNorm with as many groups as channels is InstanceNorm', () => {
    expectSame(new GroupNorm(6, 6), new InstanceNorm(6));
  });

  test('GroupNorm with one group is LayerNorm over the sample with gamma per channel', () => {
    expectSame(new GroupNorm(1, 6), new LayerNorm(6, { over: 'sample' }));
  });

  test('GroupNorm with one group has the statistics of LayerNorm over [H, W, C], whose gamma differs by position', () => {
    const repeated = { gamma: repeat(gamma), beta: repeat(beta) };
    const [group, layer] = [run(new GroupNorm(1, 6)), run(new LayerNorm([3, 4, 6]), repeated)];
    expect(relativeDifference(group.y, layer.y)).toBeLessThan(1e-14);
    expect(relativeDifference(group.dx, layer.dx)).toBeLessThan(1e-13);
    expect(layer.gradients.gamma).toHaveLength(72);
  });

  test('GroupNorm with one group is not LayerNorm over the channels of each position', () => {
    expect(relativeDifference(run(new GroupNorm(1, 6)).y, run(new LayerNorm(6)).y)).toBeGreaterThan(0.1);
  });

  test('over a single sample, BatchNorm is InstanceNorm', () => {
    const one = [1, 3, 4, 6];
    const [batch, instance] = [
      run(new BatchNorm(6), undefined, one),
      run(new InstanceNorm(6), undefined, one),
    ];
    expect(relativeDifference(batch.y, instance.y)).toBeLessThan(1e-14);
    expect(relativeDifference(batch.dx, instance.dx)).toBeLessThan(1e-13);
  });

  test('on vectors, LayerNorm over the features and over the sample are one', () => {
    const [a, b] = [new LayerNorm(6), new LayerNorm(6, { over: 'sample' })].map((layer) =>
      run(layer, undefined, [5, 6]),
    );
    expect(relativeDifference(a.dx, b.dx)).toBeLessThan(1e-14);
  });
});

function repeat(values: Float64Array): Float64Array {
  return Float64Array.from({ length: 12 * values.length }, (_, i) => values[i % values.length]);
}
