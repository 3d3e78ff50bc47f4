import { describe, expect, test } from 'vitest';
import { Tensor } from '../../../src/autograd/index.ts';
import { BatchNorm } from '../../../src/nn/norm/batch/batchNorm.ts';
import { BatchRenorm } from '../../../src/nn/norm/batch/batchRenorm.ts';
import { ExtendedBatchNorm } from '../../../src/nn/norm/batch/extendedBatchNorm.ts';
import { GhostBatchNorm } from '../../../src/nn/norm/batch/ghostBatchNorm.ts';
import { L1BatchNorm } from '../../../src/nn/norm/batch/l1BatchNorm.ts';
import { MeanOnlyBatchNorm } from '../../../src/nn/norm/batch/meanOnlyBatchNorm.ts';
import { TopkBatchNorm } from '../../../src/nn/norm/batch/topkBatchNorm.ts';
import type { Norm } from '../../../src/nn/norm/core/norm.ts';
import { BatchChannelNorm } from '../../../src/nn/norm/mixed/batchChannelNorm.ts';
import { BatchInstanceNorm } from '../../../src/nn/norm/mixed/batchInstanceNorm.ts';
import { SwitchableNorm } from '../../../src/nn/norm/mixed/switchableNorm.ts';
import { AdaptiveInstanceNorm } from '../../../src/nn/norm/sample/adaptiveInstanceNorm.ts';
import { ConditionalInstanceNorm } from '../../../src/nn/norm/sample/conditionalInstanceNorm.ts';
import { GroupNorm } from '../../../src/nn/norm/sample/groupNorm.ts';
import { InstanceNorm } from '../../../src/nn/norm/sample/instanceNorm.ts';
import { LayerNorm } from '../../../src/nn/norm/sample/layerNorm.ts';
import { PartialRmsNorm } from '../../../src/nn/norm/sample/partialRmsNorm.ts';
import { PositionalNorm } from '../../../src/nn/norm/sample/positionalNorm.ts';
import { RmsNorm } from '../../../src/nn/norm/sample/rmsNorm.ts';
import { ScaleNorm } from '../../../src/nn/norm/sample/scaleNorm.ts';
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

describe('T7, the norms that mix or correct others', () => {
  /** The same numbers forward, backward, and in the gradients that both have. */
  function expectEqual(a: Norm, b: Norm, at = shape, batches = 1) {
    const [first, second] = [a, b].map((layer) => {
      layer.to('float64');
      for (const [name, tensor] of layer.namedParameters()) {
        if (name in shared) tensor.data.set(shared[name]);
      }
      for (let step = 1; step < batches; step++) layer.forward(new Tensor(normal(at, step), at));
      return pass(layer, at, normal(at, 'x'), normal(at, 'dy'));
    });
    expect(relativeDifference(first.y, second.y)).toBeLessThan(1e-13);
    expect(relativeDifference(first.dx, second.dx)).toBeLessThan(1e-12);
    for (const name of Object.keys(first.gradients).filter((each) => each in second.gradients)) {
      expect(relativeDifference(first.gradients[name], second.gradients[name]), name).toBeLessThan(1e-12);
    }
  }
  const shared: Record<string, Float64Array> = { gamma, beta, g: Float64Array.of(Math.sqrt(6)) };
  const buffersOf = (layer: Norm) => [...layer.namedBuffers().values()].map((buffer) => buffer.toArray());

  test('RMSNorm of centred input is LayerNorm', () => {
    const at = [4, 6];
    const x = normal(at, 'x');
    for (let row = 0; row < 4; row++) {
      const values = x.subarray(6 * row, 6 * row + 6);
      const mean = values.reduce((sum, value) => sum + value, 0) / 6;
      for (let i = 0; i < 6; i++) values[i] -= mean;
    }
    const forward = (layer: Norm) => layer.to('float64').forward(new Tensor(x, at)).data as Float64Array;
    const rms = forward(new RmsNorm(6, { eps: 1e-5 }));
    expect(relativeDifference(rms, forward(new LayerNorm(6)))).toBeLessThan(1e-13);
  });

  test('partial RMSNorm of all elements is RMSNorm', () => {
    expectEqual(new PartialRmsNorm(6, { portion: 1 }), new RmsNorm(6));
  });

  test('ScaleNorm with its first g = sqrt(C) is RMSNorm without eps', () => {
    expectEqual(new ScaleNorm(6), new RmsNorm(6, { eps: 0, affine: false }));
  });

  test('Positional Norm with the biased variance is LayerNorm per position', () => {
    expectEqual(new PositionalNorm(6, { ddof: 0 }), new LayerNorm(6));
  });

  test('Batch Renorm at rMax = 1, dMax = 0 is BatchNorm, and so is the first step of its schedule', () => {
    const momentum = 0.1;
    expectEqual(
      new BatchRenorm(6, { momentum, rMax: 1, dMax: 0, schedule: null }),
      new BatchNorm(6),
      shape,
      3,
    );
    expectEqual(new BatchRenorm(6), new BatchNorm(6), shape, 3);
  });

  test('unclipped, Batch Renorm computes in training what it computes in evaluation', () => {
    const unclipped = { rMax: Infinity, dMax: Infinity, schedule: null, affine: false };
    const layer = new BatchRenorm(6, unclipped).to('float64');
    for (let step = 0; step < 3; step++) layer.forward(new Tensor(normal(shape, step), shape));
    const x = new Tensor(normal(shape, 'x'), shape);
    const before = layer.eval().forward(x).data as Float64Array;
    const training = layer.train().forward(x).data as Float64Array; // moves the running statistics after it used them
    expect(relativeDifference(training, before)).toBeLessThan(1e-13);
  });

  test('Ghost BatchNorm with ghosts as large as the batch is BatchNorm, running statistics included', () => {
    const [ghost, batch] = [new GhostBatchNorm(6, { virtualBatch: 2 }), new BatchNorm(6)];
    expectEqual(ghost, batch, shape, 3);
    expect(buffersOf(ghost)).toEqual(buffersOf(batch));
  });

  test.each([1, 0])('Batch-Instance Norm with rho = %d is BatchNorm (1) or InstanceNorm (0)', (rho) => {
    const layer = new BatchInstanceNorm(6);
    layer.rho.data.fill(rho);
    expectEqual(layer, rho === 1 ? new BatchNorm(6) : new InstanceNorm(6));
  });

  test.each([
    ['instance', 0, () => new InstanceNorm(6)],
    ['layer', 1, () => new GroupNorm(1, 6)],
    ['batch', 2, () => new BatchNorm(6)],
  ])('Switchable Norm whose logits choose %s alone is that norm', (_, chosen, other) => {
    const layer = new SwitchableNorm(6);
    for (const logits of [layer.meanLogits, layer.varLogits]) {
      logits.data.fill(-Infinity);
      logits.data[chosen] = Infinity;
    }
    expectEqual(layer, other());
  });

  test('L1 BatchNorm and top-k BatchNorm with k = m differ by their factor alone', () => {
    const at = [40, 6];
    const eps = 0;
    const [l1, topk] = [
      new L1BatchNorm(6, { eps, affine: false }),
      new TopkBatchNorm(6, { eps, affine: false, topK: 40 }),
    ];
    const [a, b] = [l1, topk].map((layer) =>
      pass(layer.to('float64'), at, normal(at, 'x'), normal(at, 'dy')),
    );
    const factor =
      (1 + Math.sqrt(Math.PI * Math.log(4))) / (2 * Math.sqrt(2 * Math.log(40))) / Math.sqrt(Math.PI / 2);
    expect(
      relativeDifference(
        a.y,
        b.y.map((value) => value * factor),
      ),
    ).toBeLessThan(1e-13);
    expect(
      relativeDifference(
        a.dx,
        b.dx.map((value) => value * factor),
      ),
    ).toBeLessThan(1e-12);
  });

  test('Extended BatchNorm of one channel is BatchNorm', () => {
    const at = [4, 3, 2, 1];
    const layers = [new ExtendedBatchNorm(1), new BatchNorm(1)];
    const [a, b] = layers.map((layer) => pass(layer.to('float64'), at, normal(at, 'x'), normal(at, 'dy')));
    expect(relativeDifference(a.dx, b.dx)).toBeLessThan(1e-13);
  });

  test('mean-only BatchNorm is BatchNorm where the variance is 1 and eps 0, but for the variance path', () => {
    const [a, b] = [
      new MeanOnlyBatchNorm(6),
      new BatchNorm(6, { detachStatistics: 'variance', affine: false }),
    ];
    const x = standardized(normal(shape, 'x'), 6);
    const [first, second] = [a, b].map((layer) => pass(layer.to('float64'), shape, x, normal(shape, 'dy')));
    expect(relativeDifference(first.dx, second.dx)).toBeLessThan(1e-4); // eps = 1e-5
  });

  test('Batch-Channel Norm is BatchNorm and then GroupNorm', () => {
    const [both, batch, group] = [
      new BatchChannelNorm(6, { groups: 2 }),
      new BatchNorm(6),
      new GroupNorm(2, 6),
    ];
    for (const layer of [both, batch, group]) layer.to('float64');
    const x = new Tensor(normal(shape, 'x'), shape);
    const expected = group.forward(batch.forward(x)).data as Float64Array;
    expect(relativeDifference(both.forward(x).data as Float64Array, expected)).toBeLessThan(1e-13);
  });

  test('adaptive and conditional instance norm without a condition are InstanceNorm', () => {
    expectEqual(new AdaptiveInstanceNorm(6), new InstanceNorm(6));
    expectEqual(new ConditionalInstanceNorm(6), new InstanceNorm(6));
  });
});

/** Each channel with mean 0 and variance 1. */
function standardized(x: Float64Array, channels: number): Float64Array {
  const layer = new BatchNorm(channels, { eps: 0, affine: false }).to('float64');
  return Float64Array.from(layer.forward(new Tensor(x, [x.length / channels, channels])).data);
}

function repeat(values: Float64Array): Float64Array {
  return Float64Array.from({ length: 12 * values.length }, (_, i) => values[i % values.length]);
}
