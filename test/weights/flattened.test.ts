import { expect, it } from 'vitest';
import { activation, BatchNorm, Conv2d, Flatten, Linear, Sequential } from '../../src/nn/index.ts';
import { flattenedInputs } from '../../src/weights/flattened.ts';

/** Layers by their place in the network. */
function found(model: Sequential, input: number[]) {
  const layers = flattenedInputs(model, input);
  return Object.fromEntries(
    model.layers.flatMap((layer, i) => (layers.has(layer) ? [[i, layers.get(layer)]] : [])),
  );
}

it('a hidden layer as wide as the image is no image', () => {
  const model = new Sequential(
    new Flatten(),
    new Linear(12, 12),
    new BatchNorm(12),
    activation('relu'),
    new Linear(12, 12),
    new Linear(12, 3),
  );
  expect(found(model, [2, 2, 3])).toEqual({ 1: [2, 2, 3] });
});

it('a norm and an activation leave it one', () => {
  const model = new Sequential(
    new Conv2d(3, 3, 1),
    new Flatten(),
    activation('relu'),
    new BatchNorm(12),
    new Linear(12, 12),
    new Linear(12, 3),
  );
  expect(found(model, [2, 2, 3])).toEqual({ 3: [2, 2, 3], 4: [2, 2, 3] });
});
