import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { Tensor } from '../../../src/autograd/index.ts';
import type { Shape } from '../../../src/kernels/contract.ts';
import type { Then } from '../../../src/nn/norm/core/norm.ts';
import { findNorm } from '../../../src/nn/norm/createNorm.ts';
import { type NormOptions, registry } from '../../../src/nn/norm/registry.ts';
import { LayerNorm } from '../../../src/nn/norm/sample/layerNorm.ts';
import { gradcheckNorm } from '../../../src/verify/index.ts';
import { buildLayer, normal, pass, setNorms } from './layers.ts';

/** Gradient checks at the edges: central differences in float64, random upstream, 1e-7 of the largest value. */
const overSets = setNorms.map((entry) => entry.name);
/** Those without a derivative where many values are equal, or all are 0; and one that only looks at the first batch. */
const kinked = ['scale', 'l1-batch', 'topk-batch', 'actnorm'];

describe('every norm of the registry, training and evaluation', () => {
  const shapes: [string, Shape, NormOptions][] = [
    ['C not a multiple of 4, H != W', [3, 2, 3, 6], { groups: 3 }],
    ['N = 1', [1, 3, 2, 6], { groups: 2 }],
    ['one group', [2, 3, 1, 5], { groups: 1 }],
    ['groups = C', [2, 1, 3, 5], { groups: 5 }],
    ['vectors', [5, 7], { groups: 1 }],
    ['m = 3 positions', [3, 1, 3, 3], { groups: 3, eps: 0.1 }],
    ['m = 2 positions: dx is O(eps)', [2, 1, 2, 3], { groups: 3, eps: 0.1 }],
    ['one position', [2, 1, 1, 6], { groups: 3 }],
    ['without gamma and beta', [2, 3, 1, 5], { groups: 1, affine: false }],
  ];
  for (const entry of registry) {
    for (const [name, shape, norm] of shapes) {
      test(`${entry.name}: ${name}`, () => {
        const rows = gradcheckNorm(entry, { shape, norm, seed: 5 });
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) {
          expect(row, JSON.stringify(row)).toMatchObject({ norm: entry.name, passed: true, looksLike: null });
          // There gradients are so small that differences know less.
          if (name !== 'one position') expect(row.maxRel).toBeLessThan(1e-7);
        }
      });
    }
  }
});

/** gradcheck of x, gamma and beta at a given x. */
function checkAt(
  name: string,
  shape: Shape,
  x: Float64Array,
  options: { norm?: NormOptions; h?: number; after?: Then },
) {
  const layer = buildLayer(findNorm(name), shape[shape.length - 1], { groups: 2, ...options.norm }, 3);
  const input = new Tensor(x, shape, { requiresGrad: true });
  const inputs = { x: input, ...Object.fromEntries(layer.namedParameters()), ...residualOf(options.after) };
  const forward = () => layer.forward(input, options.after);
  for (const result of gradcheck(forward, inputs, { h: options.h })) {
    expect(result.passed, `${name} ${JSON.stringify(result)}`).toBe(true);
  }
}

function residualOf({ residual }: Then = {}): Record<string, Tensor> {
  return residual ? { residual } : {};
}

describe.each(overSets)('%s', (name) => {
  const shape: Shape = [2, 3, 1, 6];
  const size = 36;

  test.skipIf(kinked.includes(name))('constant input: steps well below sqrt(eps)', () => {
    checkAt(name, shape, new Float64Array(size).fill(0.7), { norm: { eps: 0.01 }, h: 1e-6 });
  });

  test.skipIf(kinked.includes(name))('zero input', () => {
    checkAt(name, shape, new Float64Array(size), { norm: { eps: 0.01 }, h: 1e-6 });
  });

  test('input with an offset of 2000', () => {
    checkAt(
      name,
      shape,
      normal(shape, 1).map((value) => value + 2000),
      { h: 1e-4 },
    );
  });

  test('followed by a residual and a relu', () => {
    const residual = new Tensor(normal(shape, 'residual'), shape, { requiresGrad: true });
    checkAt(name, shape, normal(shape, 1), { after: { residual, relu: true } });
    checkAt(name, shape, normal(shape, 1), { after: { residual } });
    checkAt(name, shape, normal(shape, 1), { after: { relu: true } });
  });

  test('in evaluation, a residual and a relu follow as well', () => {
    const residual = new Tensor(normal(shape, 'residual'), shape, { requiresGrad: true });
    const layer = buildLayer(findNorm(name), 6, { groups: 2 }, 3);
    layer.forward(new Tensor(normal(shape, 1), shape));
    layer.eval();
    const x = new Tensor(normal(shape, 2), shape, { requiresGrad: true });
    const results = gradcheck(() => layer.forward(x, { residual, relu: true }), { x, residual });
    expect(results.every((result) => result.passed)).toBe(true);
  });

  test('every combination of what requires a gradient gives the same gradients', () => {
    const [x, dy] = [normal(shape, 1), normal(shape, 'dy')];
    const build = () => {
      const layer = buildLayer(findNorm(name), 6, { groups: 2 }, 3);
      if (name === 'actnorm') layer.forward(new Tensor(x, shape)); // the first batch decides its parameters
      return layer;
    };
    const expected = pass(build(), shape, x, dy);
    for (let which = 0; which < 8; which++) {
      const layer = build();
      const input = new Tensor(x.slice(), shape, { requiresGrad: (which & 1) > 0 });
      for (const [parameter, tensor] of layer.namedParameters()) {
        tensor.requiresGrad = (which & (parameter.startsWith('gamma') ? 2 : 4)) > 0;
      }
      const learning = layer.parameters().some((parameter) => parameter.requiresGrad);
      const y = layer.forward(input);
      expect(y.requiresGrad).toBe(input.requiresGrad || learning);
      expect(y.data).toEqual(expected.y);
      if (!y.requiresGrad) continue;
      y.backward({ gradient: new Tensor(dy, shape) });
      expect(input.grad?.data).toEqual(input.requiresGrad ? expected.dx : undefined);
      for (const [parameter, tensor] of layer.namedParameters()) {
        const gradient = tensor.requiresGrad ? expected.gradients[parameter] : undefined;
        expect(tensor.grad?.data, parameter).toEqual(gradient);
      }
    }
  });
});

describe('LayerNorm over the last axes', () => {
  for (const normalized of [[5], [4, 5], [3, 4, 5]]) {
    test(`[${normalized}]`, () => {
      const layer = new LayerNorm(normalized).to('float64');
      for (const parameter of layer.parameters()) parameter.data.set(normal(parameter.shape, 'parameter'));
      const x = new Tensor(normal([2, 3, 4, 5], 1), [2, 3, 4, 5], { requiresGrad: true });
      const inputs = { x, ...Object.fromEntries(layer.namedParameters()) };
      for (const result of gradcheck(() => layer.forward(x), inputs)) {
        expect(result.passed, JSON.stringify(result)).toBe(true);
      }
    });
  }
});
