import { expect, test } from 'vitest';
import { Tensor } from '../../../src/autograd/index.ts';
import type { Shape } from '../../../src/kernels/contract.ts';
import { withForm } from '../../../src/nn/norm/core/fused.ts';
import { registry } from '../../../src/nn/norm/registry.ts';
import {
  AdaptiveInstanceNorm,
  adaptiveInstanceNorm,
} from '../../../src/nn/norm/sample/adaptiveInstanceNorm.ts';
import { explainNorm } from '../../../src/teach/explain.ts';
import { buildLayer, formsOf, normal, pass } from './layers.ts';

/**
 * A norm sees positions, not how they lie: sequences [N, L, C] and volumes [N, D, H, W, C] give the numbers of the images
 * [N, H, W, C] with the same positions, to the bit, and so do their gradients and running statistics.
 */
const images: Shape = [3, 4, 3, 6];
const others: readonly Shape[] = [
  [3, 12, 6],
  [3, 2, 2, 3, 6],
  [3, 1, 2, 1, 6, 6],
];
const activations = registry.filter(({ kind }) => kind === 'activation');

for (const entry of activations) {
  test.each(formsOf(entry))(`${entry.name}, %s: positions in one, three or four axes`, (form) => {
    const results = [images, ...others].map((shape) =>
      withForm(form, () => {
        const layer = buildLayer(entry, 6, { groups: 3, virtualBatch: 2 }, 1);
        const training = pass(layer, shape, normal(images, 1), normal(images, 'dy'));
        const buffers = [...layer.namedBuffers().values()].map(({ data }) => [...data]);
        const evaluation = pass(layer.eval(), shape, normal(images, 2), normal(images, 'dy'));
        return { training, buffers, evaluation };
      }),
    );
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });

  test(`${entry.name}: explain of a sequence`, () => {
    const { check, shape } = explainNorm(entry, { shape: [2, 3, 2] });
    expect(check.passed).toBe(true);
    expect(shape).toEqual([2, 3, 2]);
  });
}

test('formulas name the positions of what they are given', () => {
  const formulas = (shape: Shape) =>
    JSON.stringify(explainNorm(registry.find(({ name }) => name === 'evonorm-b0')!, { shape }).derivation);
  expect(formulas([3, 4, 2])).toContain('N L');
  expect(formulas([2, 2, 2, 2])).toContain('N H W');
  expect(formulas([2, 2, 1, 2, 2])).toContain('N D H W');
});

test('a style has the rank of its content, and positions of its own', () => {
  const of = (shape: Shape) => new Tensor(normal(shape, 'x'), shape);
  const style = of([2, 5, 4]);
  const y = adaptiveInstanceNorm(of([2, 3, 4]), style, { eps: 1e-5 });
  const asImages = adaptiveInstanceNorm(of([2, 3, 1, 4]), of([2, 1, 5, 4]), { eps: 1e-5 });
  expect(y.toArray()).toEqual(asImages.toArray());
  const norm = new AdaptiveInstanceNorm(4).to('float64');
  expect(() => norm.forward(of([2, 3, 1, 4]), { style })).toThrow(
    /same rank.*\[2, 3, 1, 4\] and style \[2, 5, 4\]/,
  );
});
