import { describe, expect, test } from 'vitest';
import { add, noGrad, relu, type Tensor } from '../../src/autograd/index.ts';
import { activation } from '../../src/nn/layers/activation.ts';
import { Conv2d } from '../../src/nn/layers/conv2d.ts';
import { Flatten } from '../../src/nn/layers/flatten.ts';
import { Linear } from '../../src/nn/layers/linear.ts';
import { PreActivationBlock, ResidualBlock } from '../../src/nn/layers/residual.ts';
import { Sequential } from '../../src/nn/layers/sequential.ts';
import type { Module } from '../../src/nn/module.ts';
import { createNorm } from '../../src/nn/norm/createNorm.ts';
import { registry } from '../../src/nn/norm/registry.ts';
import { createRandom } from '../../src/random.ts';
import { images, lossAndGradients } from './support.ts';

const labels = [0, 2, 1];
const x = images([3, 4, 6, 3]);

/** Those that bring their own activation do another thing with a ReLU behind them (test/nn/norm/otherNorms.test.ts). */
const names = registry
  .filter((entry) => entry.kind === 'activation' && !entry.build(6, {}).activates)
  .map((entry) => entry.name);

describe.each(['none', ...names])('with norm %s', (name) => {
  test('Sequential computes a ReLU in the layer before it, with the same numbers', () => {
    const random = createRandom(2);
    const norm = (features: number) => [createNorm(name, features) ?? []].flat();
    const model = new Sequential([
      activation('relu'),
      new Conv2d(3, 5, 3, { random }),
      ...norm(5),
      activation('relu'),
      new Flatten(),
      new Linear(40, 4, { random }),
      activation('relu'),
      ...norm(4),
      activation('sigmoid'),
    ]);
    agree(model, () => model.layers.reduce((y: Tensor, layer) => layer.forward(y), x));
  });

  test.each([
    [3, 1],
    [5, 2],
  ])('ResidualBlock is relu(h + shortcut), 3 to %i channels, stride %i', (out, stride) => {
    const { block, head, model } = blockAndHead(ResidualBlock, name, out, stride);
    agree(model, () => {
      const h = relu(through(block.norm1, block.conv1.forward(x)));
      const branch = through(block.norm2, block.conv2.forward(h));
      const shortcut = block.shortcut ? through(block.shortcutNorm, block.shortcut.forward(x)) : x;
      return head(relu(add(branch, shortcut)));
    });
    expect(block.shortcut === null).toBe(stride === 1);
  });

  test.each([
    [3, 1],
    [5, 2],
  ])('PreActivationBlock leaves the identity path free, 3 to %i channels, stride %i', (out, stride) => {
    const { block, head, model } = blockAndHead(PreActivationBlock, name, out, stride);
    agree(model, () => {
      const h = relu(through(block.norm1, x));
      const inner = relu(through(block.norm2, block.conv1.forward(h)));
      return head(add(block.conv2.forward(inner), block.shortcut ? block.shortcut.forward(h) : x));
    });
  });
});

function blockAndHead<Block extends Module>(
  Kind: new (
    inChannels: number,
    outChannels: number,
    options: ConstructorParameters<typeof ResidualBlock>[2],
  ) => Block,
  name: string,
  out: number,
  stride: number,
) {
  const random = createRandom(4);
  const block = new Kind(3, out, { stride, random, norm: (features) => createNorm(name, features) });
  const tail = [new Flatten(), new Linear((24 / stride ** 2) * out, 4, { random })];
  const head = (y: Tensor) => tail.reduce((z, layer) => layer.forward(z), y);
  return { block, head, model: new Sequential([block, ...tail]) };
}

function through(norm: Module | null, y: Tensor): Tensor {
  return norm ? norm.forward(y) : y;
}

/** model.forward(x) and its spelled-out form: the same loss, the same gradient of every parameter, up to rounding. */
function agree(model: Sequential, spelledOut: () => Tensor): void {
  const fused = lossAndGradients(model, () => model.forward(x), labels);
  const plain = lossAndGradients(model, spelledOut, labels);
  expect(fused.loss).toBeCloseTo(plain.loss, 6);
  for (const [name, gradient] of plain.gradients) {
    expect(gradient, name).toBeDefined();
    const differences = gradient!.map((value, i) => Math.abs(fused.gradients.get(name)![i] - value));
    expect(Math.max(...differences), name).toBeLessThan(5e-6);
  }
  noGrad(() => expect(model.forward(x).shape).toEqual([3, 4]));
}
