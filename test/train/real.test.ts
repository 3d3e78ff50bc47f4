import { describe, expect } from 'vitest';
import { runTraining } from '../../src/runs/training.ts';
import { withReal } from './withReal.ts';

describe('training on real data', () => {
  withReal('mnist', 'mlp with BatchNorm, 10,000 images, 2 epochs: at most 6 % error', async (dataDir) => {
    const { test } = await runTraining({
      dataset: 'mnist',
      dataDir,
      limit: 10_000,
      model: 'mlp',
      hidden: [128, 128],
      norm: 'batch',
      optimizer: 'sgd',
      momentum: 0.9,
      lr: 0.1,
      schedule: 'cosine',
      batchSize: 32,
      epochs: 2,
    });
    expect(test!.accuracy).toBeGreaterThanOrEqual(0.94);
  });

  withReal('cifar10', 'the LayerNorm network of the Weights & Biases report learns', async (dataDir) => {
    const { status, train, test } = await runTraining({
      dataset: 'cifar10',
      dataDir,
      limit: 1000,
      testLimit: 200,
      model: 'layernorm-seed',
      norm: 'layer',
      optimizer: 'adam',
      batchSize: 32,
      epochs: 2,
    });
    expect(status).toBe('done');
    // Ten classes: guessing gives a loss of ln 10 = 2.303 and an accuracy of 0.1.
    expect(train!.loss).toBeLessThan(2.1);
    expect(test!.accuracy).toBeGreaterThan(0.25);
  });
});
