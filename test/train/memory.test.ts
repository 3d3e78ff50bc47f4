import { describe, expect, it } from 'vitest';
import { explain } from '../../src/cli/exit.ts';
import { Linear } from '../../src/index.ts';
import { countModelWeights, createModel, modelNames } from '../../src/nn/models/registry.ts';
import { createRandom } from '../../src/random.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import type { TrainData } from '../../src/train/data.ts';
import { buildModel } from '../../src/train/model.ts';

/** Of a dataset nothing but its shape is looked at, before a network is built. */
const data = (batch: number): TrainData => ({
  ...({} as Pick<TrainData, 'train' | 'test'>),
  imageShape: [28, 28, 1],
  classes: 10,
  largest: { train: batch, test: 100 },
});
const build = (options: TrainOptions, batch = 64) => buildModel(resolveConfig(options), data(batch));

describe('a network that does not fit into memory', () => {
  it('is refused before it is made, with what it needs and what there is', () => {
    // (784 x 1e6 + 1e12 + 1e7 weights and their biases) x 4 bytes, with gradients and two arrays of Adam 16.
    expect(() => build({ hidden: [1e6, 1e6], norm: 'none' })).toThrow(
      /does not fit into memory: it needs at least 14\.6 TiB \(weights 3\.6 TiB, gradients 3\.6 TiB, state of adam 7\.3 TiB\), and (the WebAssembly kernels can have|this machine has) [\d.]+ GiB/,
    );
    expect(() => build({ hidden: [1e6, 1e6] })).toThrow('weights 3.6 TiB');
    expect(() => build({ model: 'vgg', widths: [1e5, 1e5], convs: [1, 1] })).toThrow('does not fit');
    expect(() => build({ model: 'gru', hidden: [1e6], norm: 'none' })).toThrow('does not fit');
  });

  it('is refused for its batches, too', () => {
    expect(() => build({ model: 'cnn', batchSize: 1e7 }, 60_000)).toThrow(
      /, results of a batch of 10000000 [\d.]+ GiB\)/,
    );
    expect(build({ model: 'cnn', batchSize: 1e7 }, 5_000).training).toBe(true);
    // 784 tokens: 4 heads of 784 x 784 weights for each image and block, 9.8 MB, and no weight as large.
    const pixels: TrainOptions = { model: 'transformer', norm: 'layer', patch: 1, depth: 2, width: 8 };
    expect(() => build(pixels, 512)).toThrow(/does not fit into memory.*results of a batch of 64 [\d.]+ GiB/);
    expect(build(pixels, 64).training).toBe(true);
  });

  it('is counted without a number drawn from the seed', () => {
    const random = createRandom(1);
    countModelWeights('random-conv', { input: [8, 8, 3], classes: 10, norm: 'batch', random });
    expect(random.uniform()).toBe(createRandom(1).uniform());
  });

  it('is counted as it is built', () => {
    for (const name of modelNames) {
      const options = () => ({
        input: [32, 32, 3] as const,
        classes: 10,
        norm: 'none',
        random: createRandom(1),
      });
      const count = countModelWeights(name, options());
      // To draw millions takes a while.
      if (count > 500_000) continue;
      const built = createModel(name, options()).parameters();
      expect(count, name).toBe(built.reduce((sum, { size }) => sum + size, 0));
    }
  });

  it('is refused by a single layer, and on the command line with exit code 2', () => {
    expect(() => new Linear(1e6, 1e6, { random: createRandom(1) })).toThrow(
      'Linear(in=1000000, out=1000000): a tensor [1000000, 1000000] holds 1,000,000,000,000 values',
    );
    try {
      build({ hidden: [1e6, 1e6] });
      expect.unreachable();
    } catch (error) {
      expect(explain(error)).toMatchObject({ exitCode: 2, code: 'CONFIG_INVALID' });
    }
  });
});
