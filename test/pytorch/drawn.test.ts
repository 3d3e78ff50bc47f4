import { expect, it } from 'vitest';
import { wrap } from '../../src/autograd/index.ts';
import { activation, Conv2d, Dropout, Flatten, Linear, Sequential } from '../../src/nn/index.ts';
import { ActivationNoise } from '../../src/nn/layers/activationNoise.ts';
import { drawingFor } from '../../src/pytorch/drawn.ts';
import { createRandom } from '../../src/random.ts';

const input = [2, 3, 4];
const network = () =>
  new Sequential(
    new ActivationNoise(createRandom('noise')),
    new Flatten(),
    new Dropout(0.5, createRandom('of the image')),
    new Linear(24, 24, { random: createRandom('weights') }),
    activation('relu'),
    new Dropout(0.5, createRandom('of the hidden layer')),
    new Linear(24, 2, { random: createRandom('more weights') }),
  );

it('has the shapes in which PyTorch turns images, flattened ones too, and no others', () => {
  const shapes = drawingFor(network(), input, 'float32').next(5);
  expect(shapes.map(([name, { shape }]) => [name, shape])).toEqual([
    ['drawn.0.scale', [5, 1, 1, 4]],
    ['drawn.0.shift', [5, 1, 1, 4]],
    ['drawn.1.scale', [5, 2, 3, 4]],
    // As wide as the image, but a dense layer's: there is nothing to turn
    ['drawn.2.scale', [5, 24]],
  ]);
});

it('draws what the forward passes of training draw, step by step, and again what was looked at ahead', () => {
  const [ours, drawn] = [network(), network()];
  const drawing = drawingFor(drawn, input, 'float32');
  const [, , dropout, , , last] = ours.layers;
  const masks: Float32Array[] = [];
  for (const layer of [dropout, last]) {
    const forward = layer.forward.bind(layer);
    layer.forward = (x) => {
      masks.push(forward(wrap(new Float32Array(x.size).fill(1), x.shape)).data as Float32Array);
      return x;
    };
  }
  const x = wrap(new Float32Array(3 * 24), [3, ...input]);
  for (let step = 0; step < 3; step++) {
    const ahead = drawing.ahead(3);
    const next = drawing.next(3);
    expect(ahead).toEqual(next);
    ours.forward(x);
    expect(next.slice(2).map(([, { data }]) => data)).toEqual(masks.splice(0));
  }
});

it('names a layer that draws and is not asked to', () => {
  const model = new Sequential(new Conv2d(4, 2, 1), new Flatten());
  const unused = Object.assign(model, { unused: new Dropout(0.5, createRandom(1)) });
  expect(() => drawingFor(unused, input, 'float32')).toThrow('not in the forward pass');
});
