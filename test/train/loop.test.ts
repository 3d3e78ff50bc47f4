import { describe, expect, test } from 'vitest';
import { add, flatten, parameter, sqrt, type Tensor } from '../../src/autograd/index.ts';
import { Linear } from '../../src/nn/layers/linear.ts';
import { Module } from '../../src/nn/module.ts';
import { Sgd } from '../../src/optim/index.ts';
import { createRandom } from '../../src/random.ts';
import { resolveConfig } from '../../src/train/config.ts';
import { loadData, prepareData } from '../../src/train/data.ts';
import { trainingLoop } from '../../src/train/loop.ts';
import { whereDiverged } from '../../src/train/result.ts';

/** Its loss is finite, and its gradient is not: sqrt has no slope at 0. */
class Steep extends Module {
  readonly dense = new Linear(28 * 28, 10, { random: createRandom(1) });
  readonly shift = parameter(new Float32Array(10), [10]);

  forward(x: Tensor): Tensor {
    return add(this.dense.forward(flatten(x)), sqrt(this.shift));
  }
}

describe('a gradient that is not finite', () => {
  test('ends a run that clips, names the step, and leaves the weights alone', async () => {
    const config = resolveConfig({ dataset: 'synthetic', limit: 40, testLimit: 10, batchSize: 20, clip: 1 });
    const model = new Steep();
    const before = model.dense.weight.toArray();
    const optimizer = new Sgd(model.parameters(), { lr: 0.1 });
    const result = await trainingLoop(model, optimizer, prepareData(config, await loadData(config)), config);
    expect(result.status).toBe('diverged');
    expect(result.diverged).toMatchObject({ step: 1, epoch: 1 });
    expect(Number.isFinite(result.diverged!.loss)).toBe(true);
    expect(whereDiverged(result.diverged!)).toMatch(/^norm of the gradient (Infinity|NaN) at step 1$/);
    expect(model.dense.weight.toArray()).toEqual(before);
  });

  test('a loss that is none is said so', () => {
    expect(whereDiverged({ step: 12, epoch: 1, loss: Number.NaN })).toBe('loss NaN at step 12');
  });
});
