import { describe, expect, it } from 'vitest';
import {
  concat,
  matmul,
  mean,
  parameter,
  permute,
  relu,
  reshape,
  stack,
  type Tensor,
  transpose,
} from '../../src/autograd/index.ts';
import {
  activation,
  BatchNorm,
  Conv1d,
  Conv2d,
  Flatten,
  Gru,
  LayerNorm,
  Linear,
  type Module,
  MultiHeadAttention,
  PRelu,
  Sequential,
  TransformerBlock,
} from '../../src/nn/index.ts';
import { flattenedInputs } from '../../src/weights/flattened.ts';
import { save } from '../../src/weights/index.ts';
import { flat, Net, type With } from './net.ts';

const image = [3, 4, 2];
const dense = (inputs = 24, out = 24) => new Linear(inputs, out);
const plain = { fc: dense(24, 5) };

/** What each layer takes, by its name. */
function found(model: Module, input: number[]) {
  const { images } = flattenedInputs(model, input);
  return Object.fromEntries(
    [...model.namedModules()].flatMap(([name, module]) =>
      images.has(module) ? [[name, images.get(module)]] : [],
    ),
  );
}

describe('a layer takes a flattened image', () => {
  it.each<[string, Module, number[], Record<string, number[]>]>([
    ['behind a flattening', new Sequential(new Flatten(), dense()), image, { 'layers.1': image }],
    [
      'and not one that is as wide',
      new Sequential(new Flatten(), dense(), new BatchNorm(24), activation('relu'), dense(), dense(24, 3)),
      image,
      { 'layers.1': image },
    ],
    [
      'behind a norm, an activation and slopes, which take one, too',
      new Sequential(new Conv2d(2, 2, 1), new Flatten(), new PRelu(24), new BatchNorm(24), dense()),
      image,
      { 'layers.2': image, 'layers.3': image, 'layers.4': image },
    ],
    [
      'turned by hand to channels first and back',
      new Net(plain, ({ fc }: With<'fc'>, x) =>
        fc.forward(flat(permute(permute(x, [0, 3, 1, 2]), [0, 2, 3, 1]))),
      ),
      image,
      { fc: image },
    ],
    [
      'and not where its channels are first already',
      new Net(plain, ({ fc }: With<'fc'>, x) => fc.forward(flat(permute(x, [0, 3, 1, 2])))),
      image,
      {},
    ],
    [
      'of turned rows and columns',
      new Net(plain, ({ fc }: With<'fc'>, x) => fc.forward(flat(permute(x, [0, 2, 1, 3])))),
      image,
      { fc: [4, 3, 2] },
    ],
    [
      'row by row',
      new Net({ fc: dense(6, 5) }, ({ fc }: With<'fc'>, x) =>
        fc.forward(reshape(permute(x, [0, 2, 1, 3]), [x.shape[0], 4, 6])),
      ),
      image,
      { fc: [3, 2] },
    ],
    ['copied', new Net(plain, ({ fc }: With<'fc'>, x) => fc.forward(flat(x).detach())), image, { fc: image }],
    [
      'one of several side by side',
      new Net(plain, ({ fc }: With<'fc'>, x) => fc.forward(stack([flat(x), relu(flat(x))], 1))),
      image,
      { fc: image },
    ],
    [
      'both of a batch',
      new Net(plain, ({ fc }: With<'fc'>, x) => fc.forward(concat([flat(x), relu(flat(x))], 0))),
      image,
      { fc: image },
    ],
    [
      'of the rows of one',
      new Net({ c: new Conv2d(2, 2, 1), fc: dense(8, 3) }, ({ c, fc }: With<'c' | 'fc'>, x) =>
        fc.forward(flat(mean(c.forward(x), 1))),
      ),
      image,
      { fc: [4, 2] },
    ],
    [
      'behind a convolution of a sequence',
      new Sequential(new Conv1d(2, 4, 3), new Flatten(), dense(16, 3)),
      [6, 2],
      { 'layers.2': [4, 4] },
    ],
    [
      'of two sequences side by side',
      new Net(
        { a: new Conv1d(2, 2, 3), b: new Conv1d(2, 2, 3), fc: dense(16, 3) },
        (net: With<'a' | 'b' | 'fc'>, x) =>
          net.fc.forward(flat(concat([net.a.forward(x), net.b.forward(x)], 2))),
      ),
      [6, 2],
      { fc: [4, 4] },
    ],
    [
      'and not behind tokens',
      new Sequential(new Conv1d(2, 4, 3), new TransformerBlock(4, 2), new Flatten(), dense(16, 3)),
      [6, 2],
      {},
    ],
    [
      'nor behind attention or a recurrent layer',
      new Sequential(new MultiHeadAttention(4, 2), new Gru(4, 3), new Flatten(), dense(18, 3)),
      [6, 4],
      {},
    ],
    [
      'and a norm of a whole sequence takes that',
      new Sequential(new Conv1d(2, 3, 3), new LayerNorm([4, 3]), new Flatten(), dense(12, 3)),
      [6, 2],
      { 'layers.1': [4, 3], 'layers.3': [4, 3] },
    ],
    [
      'of pixels that a matrix of the model has mixed',
      new Net(
        { w: parameter(new Float32Array(6).fill(0.5), [2, 3]), fc: dense(36, 3) },
        (net: With<'fc'> & { w: Tensor }, x) => net.fc.forward(flat(matmul(x, net.w))),
      ),
      image,
      { fc: [3, 4, 3] },
    ],
    [
      'and not an image as tokens that is turned',
      new Net({ c: new Conv2d(2, 2, 1), fc: dense(24, 3) }, ({ c, fc }: With<'c' | 'fc'>, x) =>
        fc.forward(flat(transpose(reshape(c.forward(x), [x.shape[0], 12, 2]), 1, 2))),
      ),
      image,
      {},
    ],
    [
      'and not windows of an image',
      new Net(
        { c: new Conv2d(2, 4, 1), norm: new LayerNorm(4), fc: dense(4, 3) },
        (net: With<'c' | 'norm' | 'fc'>, x) => {
          const windows = permute(reshape(net.c.forward(x), [x.shape[0], 1, 3, 2, 2, 4]), [0, 1, 3, 2, 4, 5]);
          return mean(net.fc.forward(net.norm.forward(reshape(windows, [-1, 6, 4]))), 1);
        },
      ),
      image,
      {},
    ],
    ['none of one channel', new Sequential(new Flatten(), dense(12, 3)), [3, 4, 1], {}],
  ])('%s', (_, model, input, wanted) => {
    expect(found(model, input)).toEqual(wanted);
    expect(() => save(model, { input })).not.toThrow();
  });
});
