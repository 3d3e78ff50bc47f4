import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { Tensor } from '../../../src/autograd/index.ts';
import type { Shape } from '../../../src/kernels/contract.ts';
import type { Norm } from '../../../src/nn/norm/core/norm.ts';
import { createNorm } from '../../../src/nn/norm/createNorm.ts';
import { LayerNorm } from '../../../src/nn/norm/sample/layerNorm.ts';
import { RmsNorm } from '../../../src/nn/norm/sample/rmsNorm.ts';
import { largest, normal } from './layers.ts';

/** LayerNorm and RMSNorm over any axes, as Keras' `axis`, against plain loops over the definition. */
const shape: Shape = [2, 3, 2, 4];
const eps = 1e-3;

/** The place of each element of x along every axis. */
const places = Array.from({ length: 48 }, (_, i) => [
  Math.floor(i / 24),
  Math.floor(i / 8) % 3,
  Math.floor(i / 4) % 2,
  i % 4,
]);

function byDefinition(x: Float64Array, axes: readonly number[], gamma: Tensor, beta: Tensor | null) {
  const setOf = (place: readonly number[]) => place.filter((_, axis) => !axes.includes(axis)).join();
  const sets = new Map<string, number[]>();
  places.forEach((place, i) => {
    sets.set(setOf(place), [...(sets.get(setOf(place)) ?? []), x[i]]);
  });
  return x.map((value, i) => {
    const values = sets.get(setOf(places[i]))!;
    const mean = beta ? values.reduce((a, b) => a + b) / values.length : 0;
    const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length;
    const feature = axes.reduce((at, axis, k) => at * gamma.shape[k] + places[i][axis], 0);
    return ((value - mean) / Math.sqrt(variance + eps)) * gamma.data[feature] + (beta?.data[feature] ?? 0);
  });
}

const layers: Record<string, (lengths: number[], axes: number[]) => Norm> = {
  LayerNorm: (lengths, axes) => new LayerNorm(lengths, { axes, eps }),
  RmsNorm: (lengths, axes) => new RmsNorm(lengths, { axes, eps }),
};

describe.each(Object.keys(layers))('%s', (name) => {
  test.each([
    [[1]],
    [[2]],
    [[3]],
    [[1, 2]],
    [[1, 3]],
    [[2, 3]],
    [[1, 2, 3]],
    [[-2]],
    [[-3, -1]],
    [[2, 1]], // gamma [W, H]: its axes in the order in which they are given (keras #19642)
    [[3, 1, 2]],
  ])('over axes %j', (axes) => {
    const own = axes.map((axis) => (axis < 0 ? axis + 4 : axis));
    const lengths = own.map((axis) => shape[axis]);
    const norm = layers[name](lengths, axes).to('float64');
    const [gamma, beta = null] = norm.parameters();
    expect(gamma.shape).toEqual(lengths);
    for (const parameter of norm.parameters()) parameter.set(normal(lengths, `parameter ${parameter.size}`));
    const x = new Tensor(normal(shape, 'x'), shape, { requiresGrad: true });
    const y = norm.forward(x);
    expect(y.shape).toEqual(shape);
    const expected = byDefinition(x.data as Float64Array, own, gamma, beta);
    expect(largest(expected.map((value, i) => value - y.data[i]))).toBeLessThan(1e-12);

    const inputs = { x, ...Object.fromEntries(norm.namedParameters()) };
    const results = gradcheck(() => norm.forward(x), inputs);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    const residual = new Tensor(normal(shape, 'residual'), shape);
    const then = expected.map((value, i) => Math.max(value + residual.data[i], 0));
    const followed = norm.forward(x, { residual, relu: true }).toArray();
    expect(followed).toEqual([...then].map((value) => expect.closeTo(value, 12)));
  });

  test('axes that are not there, twice there, the samples, or of another length are refused', () => {
    const x = new Tensor(normal(shape, 'x'), shape);
    for (const [lengths, axes] of [
      [[3], [4]],
      [[4], [-5]],
      [
        [3, 3],
        [1, -3],
      ],
      [[2], [0]],
      [[4], [1]],
    ]) {
      expect(() => layers[name](lengths, axes).to('float64').forward(x)).toThrow(
        /axes=\[.*expected input \[N, ...\] whose axes .* have the lengths .*, got \[2, 3, 2, 4\]/,
      );
    }
    expect(() => layers[name]([3, 4], [1])).toThrow(/shape has the lengths of the axes, one for each/);
    expect(() => layers[name]([3], [])).toThrow(/axes must be a list of axes of x/);
    expect(() => layers[name]([3, 3], [1, 1])).toThrow(/each once/);
    expect(() => layers[name]([3], [0.5])).toThrow(/axes must be a list of axes of x/);
  });
});

test("LayerNorm takes axes or over: 'sample', not both", () => {
  expect(() => new LayerNorm(4, { axes: [-1], over: 'sample' })).toThrow(/Give one of them/);
  const x = new Tensor(normal(shape, 'x'), shape);
  const [plain, named] = [{}, { axes: [-1] }].map((options) => createNorm('layer-position', 4, options)!);
  expect(named.to('float64').forward(x).toArray()).toEqual(plain.to('float64').forward(x).toArray());
});
