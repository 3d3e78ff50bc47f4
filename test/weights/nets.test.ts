import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  concat,
  flatten,
  maxPool2d,
  noGrad,
  permute,
  relu,
  reshape,
  slice,
  type Tensor,
  wrap,
} from '../../src/autograd/index.ts';
import { channelsLast } from '../../src/nn/border.ts';
import {
  AvgPool2d,
  activation,
  BatchNorm,
  Conv1d,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  Flatten,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  Linear,
  MaxPool1d,
  MaxPool2d,
  Module,
  normalizeWeights,
  PRelu,
  Sequential,
} from '../../src/nn/index.ts';
import { load, save } from '../../src/weights/index.ts';
import { decodeSafetensors } from '../../src/weights/safetensors.ts';
import { largestDifference } from './difference.ts';

/** Made by nets.py, with PyTorch 1.13. */
const file = fileURLToPath(new URL('nets.safetensors', import.meta.url));
const { tensors } = decodeSafetensors(readFileSync(file));
const input = [6, 8, 2];
const names = ['flat', 'normed', 'ofweights', 'lines', 'enlarged'];

const flat = () =>
  new Sequential(
    new Conv2d(2, 4, [3, 5], { padding: [1, 2], groups: 2 }),
    activation('relu'),
    new MaxPool2d(2),
    new Flatten(),
    new BatchNorm(48),
    new Linear(48, 7),
    new LayerNorm(7),
    new Linear(7, 3),
  );

/** The same as a user writes it, with functions: it has no Flatten that could be found. */
class Flat extends Module {
  conv = new Conv2d(2, 4, [3, 5], { padding: [1, 2], groups: 2 });
  bn = new BatchNorm(48);
  fc1 = new Linear(48, 7);
  norm = new LayerNorm(7);
  fc2 = new Linear(7, 3);

  forward(x: Tensor): Tensor {
    const image = maxPool2d(relu(this.conv.forward(x)), 2);
    const y = this.bn.forward(this.flattened(image));
    return this.fc2.forward(this.norm.forward(this.fc1.forward(y)));
  }

  flattened(image: Tensor): Tensor {
    return reshape(image, [image.shape[0], -1]);
  }
}

/** A user's who turns images before flattening: then the order is PyTorch's already. */
class FlatAsPyTorch extends Flat {
  override flattened(image: Tensor): Tensor {
    return flatten(permute(image, [0, 3, 1, 2]));
  }
}

const normed = () =>
  new Sequential(
    new Conv2d(2, 6, 3, { bias: false }),
    new GroupNorm(2, 6),
    activation('relu'),
    new Conv2d(6, 6, 1),
    new InstanceNorm(6),
    new LayerNorm([4, 6, 6]),
    new BatchNorm(6, { momentum: null }),
    new Flatten(),
    new Linear(144, 3),
  );

function ofWeights(): Module {
  const layers = (pair: Module[]) => {
    // The last of each, which normalizeWeights leaves alone, is not one of the network.
    normalizeWeights(new Sequential([pair[0], new Linear(1, 1)]), 'weight-norm');
    normalizeWeights(new Sequential([pair[1], new Linear(1, 1)]), 'spectral');
    return pair;
  };
  const [a, b] = layers([new Conv2d(2, 3, 3), new Conv2d(3, 4, [2, 3])]);
  const [c, d] = layers([new Linear(48, 5), new Linear(5, 4)]);
  const act = () => activation('relu');
  return new Sequential(a, act(), b, act(), new Flatten(), c, act(), d, new Linear(4, 3));
}

/** Reads images row by row as sequences [N, H W, C]. */
class Lines extends Module {
  layers = new Sequential(
    new Conv1d(2, 4, 5, { padding: 1, groups: 2 }),
    new BatchNorm(4),
    activation('relu'),
    new ConvTranspose1d(4, 6, 3, { stride: 2, groups: 2 }),
    new MaxPool1d(3),
    new Flatten(),
    new Linear(186, 3),
  );

  forward(x: Tensor): Tensor {
    return this.layers.forward(reshape(x, [x.shape[0], 48, 2]));
  }
}

const lineNames = Object.fromEntries([0, 1, 3, 6].map((i) => [`layers.${i}`, `${i + 1}`]));

const enlarged = () =>
  new Sequential(
    new ConvTranspose2d(2, 4, [2, 3], { stride: 2, groups: 2 }),
    new InstanceNorm(4, { trackRunningStats: true }),
    new PRelu(4),
    new AvgPool2d(3),
    new Flatten(),
    new Linear(80, 3),
  );

const pytorchNames = { conv: '0', bn: '4', fc1: '5', norm: '6', fc2: '7' };

test.each<[string, string, () => Module, Record<string, string>]>([
  ['with a Flatten', 'flat', flat, {}],
  ['that flattens with a function', 'flat', () => new Flat(), pytorchNames],
  ['that flattens as PyTorch does', 'flat', () => new FlatAsPyTorch(), pytorchNames],
  ['of norms', 'normed', normed, {}],
  ['with norms of weights', 'ofweights', ofWeights, {}],
  ['of sequences', 'lines', () => new Lines(), lineNames],
  ['that enlarges images', 'enlarged', enlarged, {}],
])(
  'a network %s has the logits that it has in PyTorch, and goes back bit by bit',
  async (_, name, build, ours) => {
    const others = Object.fromEntries(names.filter((each) => each !== name).map((each) => [each, null]));
    const own = Object.entries(ours).map(([to, from]) => [`${name}.net.${from}`, to]);
    const map = {
      x: null,
      ...others,
      [`${name}.logits`]: null,
      [`${name}.net`]: '',
      ...Object.fromEntries(own),
    };
    const model = build();
    model.train();
    const report = await load(model, file, { input, map });
    expect(report.kept).toEqual([]);
    expect(model.training).toBe(true);
    const x = channelsLast(wrap(tensors.get('x')!.data, tensors.get('x')!.shape));
    const logits = noGrad(() => model.eval().forward(x));
    expect(largestDifference(logits.data, tensors.get(`${name}.logits`)!.data)).toBeLessThan(2e-6);

    const written = decodeSafetensors(save(model, { input, map })).tensors;
    const theirs = [...tensors].filter(([key]) => key.startsWith(`${name}.net.`));
    expect([...written.keys()].sort()).toEqual(theirs.map(([key]) => key).sort());
    for (const [key, tensor] of theirs) expect(written.get(key), key).toEqual(tensor);
  },
);

test('where images may be flattened and no input is given, the order is not guessed', async () => {
  expect(() => save(flat())).toThrow(/^layers\.3, a Flatten, may flatten images.*channels first$/s);
  expect(() => save(new Flat())).toThrow('the forward pass of Flat may flatten images');
  await expect(load(flat(), file)).rejects.toThrow('may flatten images');
  const convolutions = new Sequential(new Conv2d(2, 4, 3), activation('relu'), new Conv2d(4, 4, 3));
  expect(decodeSafetensors(save(convolutions)).tensors.has('2.weight')).toBe(true);
  expect(decodeSafetensors(save(new Sequential(new Linear(2, 3)))).tensors.get('0.weight')!.shape).toEqual([
    3, 2,
  ]);
});

test('parts of flattened images side by side have no order in PyTorch that is known', () => {
  class Two extends Flat {
    override flattened(image: Tensor): Tensor {
      const rows = reshape(image, [image.shape[0], -1]);
      return this.halves(rows);
    }
    halves(rows: Tensor): Tensor {
      return concat([slice(rows, [0, 24], [-1, 24]), slice(rows, [0, 0], [-1, 24])], 1);
    }
  }
  expect(() => save(new Two(), { input })).toThrow('takes parts of flattened images');
});
