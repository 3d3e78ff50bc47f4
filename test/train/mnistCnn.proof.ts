import { expect } from 'vitest';
import { runTraining } from '../../src/runs/training.ts';
import { withReal } from './withReal.ts';

withReal('mnist', 'small cnn with BatchNorm, one epoch of 60,000: at least 97.5 %', async (dataDir) => {
  const { test } = await runTraining({
    dataset: 'mnist',
    dataDir,
    model: 'cnn',
    norm: 'batch',
    optimizer: 'adam',
    batchSize: 64,
    epochs: 1,
  });
  expect(test!.accuracy).toBeGreaterThanOrEqual(0.975);
});
