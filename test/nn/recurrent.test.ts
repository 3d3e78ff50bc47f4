import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gradcheck, noGrad, randn, slice, sum, type Tensor, tensor } from '../../src/autograd/index.ts';
import { normalizeWeights } from '../../src/nn/index.ts';
import { Gru } from '../../src/nn/layers/gru.ts';
import { Lstm } from '../../src/nn/layers/lstm.ts';
import type { Recurrent } from '../../src/nn/layers/recurrent.ts';
import { createRandom } from '../../src/random.ts';
import { type GoldenCase, goldenCases, goldenTensor, matchGolden, put } from './torch/sequence.ts';

/** PyTorch's weights by layer and direction: weight_ih_l0, weight_ih_l0_reverse, weight_ih_l1 ... */
function load(layer: Recurrent, { options, parameters }: GoldenCase) {
  const names: Record<string, Tensor> = {};
  layer.cells.forEach((cell, i) => {
    const end = options.bidirectional ? `l${Math.floor(i / 2)}${i % 2 === 1 ? '_reverse' : ''}` : `l${i}`;
    names[`weight_ih_${end}`] = cell.inputSums.weight;
    names[`weight_hh_${end}`] = cell.stateSums.weight;
    if (options.bias) {
      names[`bias_ih_${end}`] = cell.inputSums.bias!;
      names[`bias_hh_${end}`] = cell.stateSums.bias!;
    }
  });
  expect(Object.keys(names).sort()).toEqual(Object.keys(parameters).sort());
  for (const [name, own] of Object.entries(names)) put(own, parameters[name]);
  return names;
}

describe.each(['gru', 'lstm'])('%s', (kind) => {
  const build = (options: object) => (kind === 'gru' ? new Gru(5, 2, options) : new Lstm(5, 2, options));

  test.each(goldenCases(kind))("$name: outputs, last state and all gradients are PyTorch's", (golden) => {
    const { layers, bidirectional, bias } = golden.options;
    const layer = build({ layers, bidirectional, bias }).to('float64');
    const parameters = load(layer, golden);
    const inputs = Object.fromEntries(
      Object.entries(golden.inputs).map(([name, value]) => [name, goldenTensor(value)]),
    );
    const { x, ...start } = inputs;
    matchGolden(golden, { outputs: layer.run(x, start), inputs, parameters });
  });
});

const both = { Gru, Lstm } as const;
describe.each(['Gru', 'Lstm'] as const)('%s', (name) => {
  const make = (options = {}) => new both[name](3, 4, { random: createRandom(1), ...options });
  const x = (...shape: number[]) => randn(shape, createRandom('x'));

  test('its gradients are those of finite differences', () => {
    const layer = new both[name](1, 2, { bidirectional: true, random: createRandom(1) }).to('float64');
    const input = randn([2, 3, 1], createRandom('x'), { dtype: 'float64', requiresGrad: true });
    const inputs = { x: input, ...Object.fromEntries(layer.namedParameters()) };
    for (const result of gradcheck(() => layer.forward(input), inputs)) {
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
  });

  test('a sequence in two parts, the state handed on, is the whole sequence', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (first, second) => {
        const layer = make({ layers: 2 });
        const whole = x(2, first + second, 3);
        const part = (from: number, size: number) => slice(whole, [0, from, 0], [-1, size, -1]);
        noGrad(() => {
          const all = layer.run(whole);
          const { output: _, ...state } = layer.run(part(0, first));
          const rest = layer.run(part(first, second), state);
          expect(rest.hidden.toArray()).toEqual(all.hidden.toArray());
          expect(rest.output.toArray()).toEqual(slice(all.output, [0, first, 0], [-1, -1, -1]).toArray());
        });
      }),
      { numRuns: 10 },
    );
  });

  test('backwards it reads the reversed sequence with its own weights', () => {
    const layer = make({ bidirectional: true });
    const alone = make();
    alone.cells[0].loadState(layer.cells[1].state());
    const input = x(2, 5, 3);
    const reversed = tensor(
      Array.from({ length: 2 }, (_, n) =>
        Array.from({ length: 5 }, (_, t) =>
          Array.from(input.data.subarray((n * 5 + 4 - t) * 3, (n * 5 + 5 - t) * 3)),
        ),
      ),
    );
    noGrad(() => {
      expect(slice(layer.run(input).hidden, [1, 0, 0], [1, -1, -1]).toArray()).toEqual(
        alone.run(reversed).hidden.toArray(),
      );
    });
  });

  test('the last output is the last state, and a sample does not depend on the others', () => {
    const layer = make({ layers: 2 });
    const input = x(3, 4, 3);
    noGrad(() => {
      const { output, hidden } = layer.run(input);
      expect(slice(output, [0, 3, 0], [-1, 1, -1]).toArray()).toEqual(
        slice(hidden, [1, 0, 0], [1, -1, -1]).toArray(),
      );
      const one = layer.run(slice(input, [1, 0, 0], [1, -1, -1])).output.toArray();
      slice(output, [1, 0, 0], [1, -1, -1])
        .toArray()
        .forEach((value, i) => {
          expect(one[i]).toBeCloseTo(value, 6);
        });
    });
  });

  test('dropout between layers works in training only', () => {
    const layer = make({ layers: 2, dropout: 0.5 });
    const input = x(2, 3, 3);
    const [trained, evaluated, again] = [true, false, false].map((training) =>
      noGrad(() => layer.train(training).forward(input)).toArray(),
    );
    expect(evaluated).toEqual(again);
    expect(trained).not.toEqual(evaluated);
  });

  test('takes norms of weights', () => {
    const layer = make();
    normalizeWeights(layer, 'weight-normalization');
    sum(layer.forward(x(2, 3, 3))).backward();
    for (const [name, { grad }] of layer.namedParameters()) {
      expect(grad?.toArray().every(Number.isFinite), name).toBe(true);
    }
  });

  test('what does not fit gets an error that says what would', () => {
    const layer = make({ bidirectional: true });
    expect(() => layer.forward(x(2, 3))).toThrow(`${name}(in=3, hidden=4): expected [N, T, 3]`);
    expect(() => layer.forward(x(2, 0, 3))).toThrow('T of at least 1');
    expect(() => layer.run(x(2, 1, 3), { hidden: x(1, 2, 4) })).toThrow(
      'hidden is [layers times directions, N, hidden], here [2, 2, 4]; got [1, 2, 4]',
    );
    expect(() => make({ layer: 2 })).toThrow('unknown option "layer"');
    expect(() => make({ layers: 0 })).toThrow('layers must be a whole number');
    expect(() => make({ dropout: 1, layers: 2 })).toThrow('must be in [0, 1)');
  });
});
