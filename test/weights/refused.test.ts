import { describe, expect, it } from 'vitest';
import {
  add,
  dropout,
  linear,
  log,
  matmul,
  max,
  mean,
  mul,
  parameter,
  relu,
  reshape,
  sigmoid,
  stack,
  type Tensor,
  transpose,
  wrap,
} from '../../src/autograd/index.ts';
import {
  BatchNorm,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Embedding,
  Flatten,
  GroupNorm,
  Gru,
  Linear,
  type Module,
  Sequential,
  TransformerBlock,
} from '../../src/nn/index.ts';
import { createRandom } from '../../src/random.ts';
import { save } from '../../src/weights/index.ts';
import { flat, Net, type With } from './net.ts';

/** A function as a layer. */
const layer = (run: (x: Tensor) => Tensor) => new Net({}, (_, x) => run(x));
const image = [3, 4, 2];
const dense = (inputs = 24, out = 24) => new Linear(inputs, out);
const plain = { fc: dense(24, 5) };

const two = { fc: dense(), head: dense(24, 3) };
type Two = With<'fc' | 'head'>;

describe('what PyTorch would have in an order that is not known is refused', () => {
  it.each<[string, Module, number[]]>([
    [
      'a skip around a layer',
      new Net(two, ({ fc, head }: Two, x) => head.forward(add(flat(x), fc.forward(flat(x))))),
      image,
    ],
    [
      'a gate',
      new Net(two, ({ fc, head }: Two, x) => head.forward(mul(flat(x), sigmoid(fc.forward(flat(x)))))),
      image,
    ],
    [
      'a layer that takes an image and what it made of it',
      new Net(two, ({ fc, head }: Two, x) => head.forward(fc.forward(relu(fc.forward(flat(x)))))),
      image,
    ],
    [
      'a parameter of the model with a number for each element',
      new Net(
        { ...plain, scale: parameter(new Float32Array(24).fill(1.5), [24]) },
        (net: With<'fc'> & { scale: Tensor }, x) => net.fc.forward(mul(flat(x), net.scale)),
      ),
      image,
    ],
    [
      'a weight that is read past its layer',
      new Net(plain, ({ fc }: { fc: Linear }, x) => linear(flat(x), fc.weight, fc.bias)),
      image,
    ],
    [
      'the largest of each pair of channels',
      new Net({ c: new Conv2d(2, 6, 1), fc: dense(36, 3) }, ({ c, fc }: With<'c' | 'fc'>, x) =>
        fc.forward(flat(max(reshape(c.forward(x), [x.shape[0], 3, 4, 3, 2]), 4))),
      ),
      image,
    ],
    [
      'images, stacked on an axis behind their channels',
      new Net({ fc: dense(24, 3) }, ({ fc }: With<'fc'>, x) =>
        fc.forward(flat(max(stack([x, relu(x)], 4), 4))),
      ),
      image,
    ],
    [
      'parts of images in a recurrent layer',
      new Net({ c: new Conv2d(2, 2, 1), rnn: new Gru(6, 3) }, ({ c, rnn }: With<'c' | 'rnn'>, x) =>
        rnn.forward(reshape(c.forward(x), [x.shape[0], 4, 6])),
      ),
      image,
    ],
    [
      'a mean over parts of images',
      new Net({ fc: dense(8, 3) }, ({ fc }: With<'fc'>, x) =>
        fc.forward(mean(reshape(x, [x.shape[0], 8, 3]), 2)),
      ),
      image,
    ],
    [
      'what was computed past the operations',
      new Net(plain, ({ fc }: With<'fc'>, x) =>
        fc.forward(
          flat(
            wrap(
              x.data.map((value) => 2 * value),
              x.shape,
            ),
          ),
        ),
      ),
      image,
    ],
    [
      'a head that is still zero',
      new Net({ w: parameter(new Float32Array(72), [24, 3]) }, ({ w }: { w: Tensor }, x) =>
        matmul(flat(x), w),
      ),
      image,
    ],
    [
      'a head whose results are no numbers',
      new Net({ w: parameter(new Float32Array(72).fill(1), [24, 3]) }, ({ w }: { w: Tensor }, x) =>
        log(mul(-1, matmul(flat(x), w))),
      ),
      image,
    ],
    ['groups of a flattened image', new Sequential(new Flatten(), new GroupNorm(4, 24), dense()), image],
    [
      'an image that a dense layer makes',
      new Sequential(
        dense(5, 24),
        layer((x) => reshape(x, [x.shape[0], 3, 4, 2])),
        new ConvTranspose2d(2, 2, 2),
      ),
      [5],
    ],
    [
      'frames of a film, side by side',
      new Net({ c: new Conv2d(2, 2, 1), fc: dense(48, 3) }, ({ c, fc }: With<'c' | 'fc'>, x) =>
        fc.forward(reshape(c.forward(reshape(x, [-1, 3, 4, 2])), [x.shape[0], 48])),
      ),
      [2, 3, 4, 2],
    ],
    [
      'flattened images in a recurrent layer',
      new Net({ c: new Conv2d(2, 2, 1), rnn: new Gru(24, 3) }, ({ c, rnn }: With<'c' | 'rnn'>, x) =>
        rnn.forward(reshape(flat(c.forward(reshape(x, [-1, 3, 4, 2]))), [x.shape[0], 2, 24])),
      ),
      [2, 3, 4, 2],
    ],
    [
      'a sequence and tokens, added',
      new Net(
        { c: new Conv1d(2, 4, 3), rnn: new Gru(4, 4), fc: dense(16, 3) },
        (net: With<'c' | 'rnn' | 'fc'>, x) => {
          const h = net.c.forward(x);
          return net.fc.forward(flat(add(h, net.rnn.forward(h))));
        },
      ),
      [6, 2],
    ],
  ])('%s', (_, model, input) => {
    const before = [...model.namedTensors()].map(([name, { data }]) => [name, data.slice()]);
    expect(() => save(model, { input })).toThrow('is not known');
    expect([...model.namedTensors()].map(([name, { data }]) => [name, data])).toEqual(before);
    expect(() => save(model, { names: 'own' })).not.toThrow();
  });

  it('and so are a network that draws, and a result that is no tensor', () => {
    const random = createRandom(1);
    const drawing = new Net(plain, ({ fc }: With<'fc'>, x) => dropout(fc.forward(flat(x)), 0.5, random));
    expect(() => save(drawing, { input: image })).toThrow('draws in evaluation mode');
    const two = new Net(plain, (({ fc }: With<'fc'>, x: Tensor) => [fc.forward(flat(x)), x]) as never);
    expect(() => save(two, { input: image })).toThrow('is no tensor');
  });

  it('and so is a sample that the model does not take', () => {
    expect(() => save(new Sequential(new Flatten(), dense()), { input: [5, 5, 2] })).toThrow(
      'the model does not take a sample [5, 5, 2]: linear: weight [24, 24]',
    );
  });
});

it('leaves a pending backward(), the weights and buffers of numbers for other things as they are', () => {
  const places = wrap(Float32Array.of(0, 1, 1), [3]);
  const model = new Net(
    { table: new Embedding(2, 4), places, fc: dense(24, 3) },
    (net: With<'table' | 'fc'> & { places: Tensor }, x) =>
      add(net.fc.forward(flat(x)), mean(net.table.forward(net.places))),
  );
  const { fc } = model as unknown as { fc: Linear };
  const weight = fc.weight;
  const loss = mean(model.forward(wrap(new Float32Array(24).fill(1), [1, ...image])));
  save(model, { input: image });
  expect(fc.weight).toBe(weight);
  expect((model as unknown as { places: Tensor }).places).toBe(places);
  loss.backward();
  expect(weight.grad).not.toBeNull();
});

describe('without a sample', () => {
  class OwnForward extends Sequential {
    override forward(x: Tensor): Tensor {
      return super.forward(flat(x));
    }
  }

  it.each<[string, Module]>([
    ['a function', new Sequential(new Conv2d(2, 2, 1), layer(flat), dense())],
    ['a function in front of a norm', new Sequential(new Conv2d(2, 2, 1), layer(flat), new BatchNorm(24))],
    ['a layer derived from one of ours', new Sequential(new Conv2d(2, 2, 1), new OwnForward(dense()))],
    ['Flatten in front of a norm', new Sequential(new Conv2d(2, 2, 1), new Flatten(), new BatchNorm(24))],
  ])('%s may flatten', (_, model) => {
    expect(() => save(model)).toThrow('may flatten images');
  });

  it('our own layers do not', () => {
    const model = new Sequential(new Conv1d(2, 4, 3), new TransformerBlock(4, 2), new Gru(4, 3), dense(3, 2));
    expect(() => save(model)).not.toThrow();
    expect(() =>
      save(new Net({ c: new Conv2d(2, 2, 1) }, ({ c }: With<'c'>, x) => transpose(c.forward(x)))),
    ).not.toThrow();
  });
});
