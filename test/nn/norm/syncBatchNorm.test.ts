import { describe, expect, test } from 'vitest';
import { Tensor } from '../../../src/autograd/index.ts';
import type { NDArray } from '../../../src/kernels/contract.ts';
import { BatchNorm } from '../../../src/nn/norm/batch/batchNorm.ts';
import {
  mergeMoments,
  type SyncCall,
  shardMoments,
  shardSums,
  syncBackward,
  syncForward,
} from '../../../src/nn/norm/batch/syncBatchNorm.ts';
import { normal, pass } from './layers.ts';

const channels = 3;
const [gamma, beta] = ['gamma', 'beta'].map((name) => ({
  shape: [channels],
  data: normal([channels], name),
}));

/** x [samples, 2, 1, C] cut into shards of so many samples. */
function cut(x: Float64Array, samples: readonly number[]): NDArray[] {
  let at = 0;
  return samples.map((count) => {
    const size = count * 2 * channels;
    at += size;
    return { shape: [count, 2, 1, channels], data: x.slice(at - size, at) };
  });
}

function together(arrays: readonly NDArray[]): number[] {
  return arrays.flatMap(({ data }) => Array.from(data));
}

describe.each([
  [[5, 5]],
  [[3, 7]], // pytorch #22192, #36382: unequal shards
  [[0, 10]], // pytorch #74944: an empty one
  [[1, 2, 0, 7]],
])('shards of %j samples', (samples) => {
  const shape = [10, 2, 1, channels];
  const [x, dy] = [normal(shape, 'x'), normal(shape, 'dy')];
  const norm = new BatchNorm(channels).to('float64');
  norm.gamma?.data.set(gamma.data);
  norm.beta?.data.set(beta.data);
  const whole = pass(norm, shape, x, dy);
  const shards = cut(x, samples);
  const upstreams = cut(dy, samples);
  const call: SyncCall = { gamma, beta, all: mergeMoments(shards.map(shardMoments)), eps: 1e-5 };
  const close = (values: Float64Array) => Array.from(values, (value) => expect.closeTo(value, 12));

  test('merge into the moments of the whole batch', () => {
    const all = shardMoments({ shape, data: x });
    expect(call.all.count).toBe(20);
    expect(Array.from(call.all.mean)).toEqual(close(Float64Array.from(all.mean)));
    expect(Array.from(call.all.variance)).toEqual(close(Float64Array.from(all.variance)));
  });

  test('are normalized as the whole batch', () => {
    expect(together(shards.map((shard) => syncForward(shard, call)))).toEqual(close(whole.y));
  });

  test('have the gradients of the whole batch: sums over all, divided by the total', () => {
    const sums = shards.map((shard, r) => shardSums(upstreams[r], shard, call));
    const dx = shards.map((shard, r) => syncBackward(upstreams[r], shard, sums, call));
    expect(together(dx)).toEqual(close(whole.dx));
    for (const [name, of] of [
      ['gamma', 'dgamma'],
      ['beta', 'dbeta'],
    ] as const) {
      const total = Array.from({ length: channels }, (_, c) =>
        sums.reduce((sum, shard) => sum + shard[of][c], 0),
      );
      expect(total).toEqual(close(whole.gradients[name]));
    }
  });
});

test('averaging the means of unequal shards would be wrong', () => {
  const one = (value: number, count: number) => ({
    count,
    mean: Float64Array.of(value),
    variance: Float64Array.of(0),
  });
  expect(mergeMoments([one(0, 3), one(1, 7)]).mean[0]).toBeCloseTo(0.7, 15);
  expect(mergeMoments([one(0, 3), one(1, 7)]).variance[0]).toBeCloseTo(0.21, 15);
});

test('one value on a worker is enough, where all have more (apex #262); none at all is not', () => {
  const moments = [2, 6].map((value) => shardMoments(new Tensor(Float64Array.of(value), [1, 1])));
  expect(mergeMoments(moments)).toMatchObject({
    count: 2,
    mean: Float64Array.of(4),
    variance: Float64Array.of(4),
  });
  expect(() => mergeMoments([shardMoments(new Tensor(new Float64Array(0), [0, 1]))])).toThrow(
    /all shards are empty/,
  );
});
