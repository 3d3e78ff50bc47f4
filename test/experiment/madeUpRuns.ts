import { join } from 'node:path';
import { makeFolder } from '../../src/runs/files.ts';
import { createRunFolder } from '../../src/runs/folder.ts';
import { lockTaker } from '../../src/runs/lock/lock.ts';
import { runName } from '../../src/runs/name.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';

/** A run folder in `parent` as a training of two epochs leaves it, with made-up numbers. */
export function makeRun(
  parent: string,
  options: TrainOptions,
  accuracy: number,
  end: 'done' | 'diverged' | 'failed' = 'done',
): string {
  const config = resolveConfig({ dataset: 'synthetic', epochs: 2, ...options });
  const path = join(parent, runName(config));
  makeFolder(path);
  const lock = lockTaker()(path)!;
  const run = createRunFolder(path, config, lock, { argv: ['sweep', 'grid.json'] });
  for (const epoch of [1, 2]) {
    const score = { loss: 1 / epoch, accuracy: (accuracy * epoch) / 2 };
    run.append({ t: 'step', step: epoch * 5 - 2, epoch, train: score, lr: 0.1, ms: 1 });
    run.append({ t: 'step', step: epoch * 5, epoch, train: score, lr: 0.1, ms: 1 });
    run.append({ t: 'epoch', step: epoch * 5, epoch, train: score, test: score, lr: 0.1, seconds: 1 });
  }
  if (end === 'failed') {
    run.fail(new Error('<b>out of luck</b>'));
    lock.release();
    return path;
  }
  const score = { loss: 0.5, accuracy };
  run.finish({
    status: end,
    test: score,
    train: score,
    best: null,
    diverged: end === 'diverged' ? { step: 7, epoch: 2, loss: Number.NaN } : null,
    epochs: 2,
    steps: 10,
    digest: '0123456789abcdef',
    parameters: 10,
    seconds: 1,
  });
  lock.release();
  return path;
}

/** Two norms, two batch sizes, two seeds; not every combination, one run diverged, and one of a third norm failed. */
export function makeRuns(parent: string): void {
  for (const seed of [1, 2]) {
    makeRun(parent, { norm: 'none', batchSize: 8, seed }, 0.5 + seed / 100);
    makeRun(parent, { norm: 'layer', batchSize: 8, seed }, 0.6 + seed / 100);
    makeRun(
      parent,
      { norm: 'layer', batchSize: 16, seed },
      0.7 + seed / 100,
      seed === 2 ? 'diverged' : 'done',
    );
  }
  makeRun(parent, { norm: 'batch', batchSize: 16, seed: 1 }, 0, 'failed');
}
