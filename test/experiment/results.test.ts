import { expect, it } from 'vitest';
import { type RunRecord, resultsOf } from '../../src/experiment/results.ts';

const record = (norm: string, batchSize: number, seed: number, accuracy: number | 'diverged'): RunRecord => ({
  run: '',
  point: { norm, batchSize },
  seed,
  norm,
  status: accuracy === 'diverged' ? 'diverged' : 'done',
  train: null,
  // A run may have scored before it diverged: that score is not its result.
  test: { loss: 1, accuracy: accuracy === 'diverged' ? 0.9 : accuracy },
  epochs: [],
  seconds: 1,
  digest: '',
});

const results = resultsOf([
  record('batch', 32, 1, 0.5),
  record('batch', 32, 2, 0.7),
  record('batch', 2, 1, 0.2),
  record('batch', 2, 2, 0.4),
  record('none', 32, 1, 0.5),
  record('none', 32, 2, 'diverged'),
]);

it('answers by the values of some axes', () => {
  expect(results.where({ norm: 'batch' })).toHaveLength(4);
  expect(results.mean({ norm: 'batch', batchSize: 32 }, 'testAccuracy')).toBeCloseTo(60);
  expect(results.range({ norm: 'batch' }, 'testError')).toBeCloseTo(30);
});

it('counts a diverged run apart, and has no mean of what includes one', () => {
  expect(results.summary({ norm: 'none' }, 'testAccuracy')).toMatchObject({ n: 1, diverged: 1, mean: 50 });
  expect(results.mean({ norm: 'none' }, 'testAccuracy')).toBeNaN();
  expect(results.mean({ norm: 'layer' }, 'testAccuracy')).toBeNaN();
});
