import { afterAll, describe, expect, it } from 'vitest';
import { PytorchError } from '../../src/errors.ts';
import { parityCases, parityImages } from '../../src/pytorch/cases.ts';
import { apart, compareSteps, LIMITS, type Parity } from '../../src/pytorch/parity.ts';
import { startTorch } from '../../src/pytorch/process.ts';
import { startWorker, type TorchWorker } from '../../src/pytorch/worker.ts';
import { resolveConfig, type TrainConfig } from '../../src/train/config.ts';
import { prepareData } from '../../src/train/data.ts';

/** Without PyTorch there is nothing to compare with, and the reason is said. */
const torch = await startWorker().catch((error: Error) => error);
const problem = torch instanceof Error ? torch.message : undefined;
if (problem !== undefined) console.log(`Not compared with PyTorch: ${problem}`);
const worker = torch as TorchWorker;
afterAll(() => (problem === undefined ? worker.stop() : undefined));

const images = parityImages();
const dataOf = (config: TrainConfig) => prepareData(config, images);
const configOf = (model: string, norm: string) =>
  parityCases().find(({ row, column }) => row === norm && column === model)!.config;

describe.skipIf(problem !== undefined)('beside PyTorch, over 10 steps', () => {
  // The rest is `npm run parity`, whose page is docs/parity.md.
  it.each([
    { model: 'mlp', norm: 'batch' },
    { model: 'cnn', norm: 'layer' },
  ])('$model with $norm has its losses', async ({ model, norm }) => {
    const config = configOf(model, norm);
    const parity = await compareSteps(config, dataOf, 10, worker);
    expect(parity).toMatchObject({ steps: 10, passed: true });
    expect(parity.float64).toBeLessThan(1e-12);
  });

  it.each(['images mixed', 'noise and dropout', 'dropout before the last', 'dropout of flattened images'])(
    '%s',
    async (setting) => {
      const config = configOf('settings', setting);
      expect(await compareSteps(config, dataOf, 5, worker)).toMatchObject({
        passed: true,
      });
    },
  );

  it('another learning rate, a millionth off, is noticed', async () => {
    const config = configOf('mlp', 'batch');
    const off: TorchWorker = {
      ...worker,
      begin: (start) => worker.begin({ ...start, config: { ...config, lr: config.lr * (1 + 1e-6) } }),
    };
    const { float64, passed } = await compareSteps(config, dataOf, 10, off);
    expect(float64).toBeGreaterThan(LIMITS.float64);
    expect(passed).toBe(false);
  });

  it('says what PyTorch cannot do', async () => {
    const config = resolveConfig({ dataset: 'synthetic', model: 'mlp' });
    const begin: TorchWorker['begin'] = (start) =>
      worker.begin({ ...start, config: { ...start.config, model: 'perceptron' } });
    const compared: Promise<Parity> = compareSteps(config, dataOf, 2, { ...worker, begin });
    await expect(compared).rejects.toThrow(PytorchError);
    await expect(compared).rejects.toThrow("PyTorch: KeyError: 'perceptron'");
  });
});

it('says how to get PyTorch where there is none', async () => {
  const before = process.env.NORMGRAD_PYTHON;
  process.env.NORMGRAD_PYTHON = '/nowhere/python3';
  try {
    const started = startTorch('worker.py', []);
    await expect(started).rejects.toThrow(
      'PyTorch was not found (/nowhere/python3: spawn /nowhere/python3 ENOENT)',
    );
    await expect(started).rejects.toMatchObject({
      hint: expect.arrayContaining([expect.stringContaining('apt-get install python3-torch')]),
    });
  } finally {
    if (before === undefined) delete process.env.NORMGRAD_PYTHON;
    else process.env.NORMGRAD_PYTHON = before;
  }
});

/** A PyTorch whose losses are all the same. */
function made(loss: number, begin = async () => {}): TorchWorker {
  const steady = { loss: 2, accuracy: 0 };
  return {
    versions: { torch: '', python: '' },
    begin,
    step: async () => ({ ...steady, loss }),
    test: async () => steady,
    probe: async () => ({}),
    stop: () => {},
  };
}

it('seeds that are too far off in float32 are not the last: nine others decide', async () => {
  let begun = 0;
  const count = made(2, async () => {
    begun++;
  });
  expect(await compareSteps(configOf('mlp', 'none'), dataOf, 2, count)).toMatchObject({ passed: false });
  // In float64 and float32 for every seed
  expect(begun).toBe(2 * (3 + 9));
});

describe('a loss that is no number', () => {
  const config = { ...configOf('mlp', 'none'), clip: null, lr: 1e30 };

  it('in three quarters of our steps is no agreement', async () => {
    const { float32, passed } = await compareSteps(config, dataOf, 4, made(2));
    expect(float32).toEqual({ ours: Number.POSITIVE_INFINITY, torch: 0 });
    expect(passed).toBe(false);
  });

  it('in PyTorch, too, leaves nothing to compare', async () => {
    await expect(compareSteps(config, dataOf, 4, made(Number.NaN))).rejects.toThrow('nothing to compare');
  });
});

it('distances are relative, and what is no number in one engine only is far', () => {
  expect(apart([2, 4], [2, 4.004])).toBeCloseTo(0.001, 5);
  expect(apart([1, Number.NaN], [1, Number.NaN])).toBe(0);
  expect(apart([1, Number.NaN], [1, 3])).toBe(Number.POSITIVE_INFINITY);
  expect(apart([1, 3], [1, Number.NaN])).toBe(Number.POSITIVE_INFINITY);
});
