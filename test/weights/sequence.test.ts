import { describe, expect, test } from 'vitest';
import { noGrad, type Tensor } from '../../src/autograd/index.ts';
import {
  Gru,
  LayerNorm,
  Lstm,
  type Module,
  MultiHeadAttention,
  normalizeWeights,
  Sequential,
  TransformerBlock,
} from '../../src/nn/index.ts';
import { loadFrom } from '../../src/weights/load.ts';
import { tensorsOf } from '../../src/weights/save.ts';
import { type GoldenCase, goldenCases, goldenTensor } from '../nn/torch/sequence.ts';
import { largestDifference } from './difference.ts';

/** The layer of a case, and what it puts out. */
const layers: Record<
  string,
  (options: GoldenCase['options']) => { layer: Module; run: (x: Record<string, Tensor>) => Tensor }
> = {
  gru(options) {
    const layer = new Gru(5, 2, options).to('float64');
    return { layer, run: ({ x, ...start }) => layer.run(x, start).output };
  },
  lstm(options) {
    const layer = new Lstm(5, 2, options).to('float64');
    return { layer, run: ({ x, ...start }) => layer.run(x, start).output };
  },
  attention({ features, heads, ...options }) {
    const layer = new MultiHeadAttention(features, heads, options).to('float64');
    return { layer, run: ({ queries, ...attended }) => layer.forward(queries, attended) };
  },
  encoder({ features, heads, ...options }) {
    const norm = (size: number) => new LayerNorm(size);
    const layer = new TransformerBlock(features, heads, { ...options, norm }).to('float64');
    return { layer, run: ({ x }) => layer.forward(x) };
  },
};

// Cases with masks are of the same layers.
const all = Object.keys(layers).flatMap((kind) =>
  goldenCases(kind).filter(({ masks }) => masks === undefined),
);

describe('a layer of sequences takes its state_dict, and gives it back', () => {
  test.each(all.map((golden) => ({ golden, name: `${golden.kind}: ${golden.name}` })))(
    '$name',
    ({ golden }) => {
      const { layer, run } = layers[golden.kind](golden.options);
      const state = Object.entries(golden.parameters);
      const tensors = new Map(state.map(([name, value]) => [name, goldenTensor(value, false)]));
      loadFrom(layer, { file: 'sequence.json', tensors, names: 'pytorch' });
      const inputs = Object.entries(golden.inputs).map(([name, value]) => [name, goldenTensor(value, false)]);
      const output = noGrad(() => run(Object.fromEntries(inputs)));
      expect(largestDifference(output.data, golden.outputs.output.data)).toBeLessThan(1e-12);
      const written = [...tensorsOf(layer, {})].map(([name, { shape, data }]) => [
        name,
        { shape, data: [...data] },
      ]);
      expect(Object.fromEntries(written)).toEqual(golden.parameters);
    },
  );
});

test('with a norm of its weights a recurrent layer keeps its own names', () => {
  const network = new Sequential(new Gru(3, 2), new Gru(2, 2));
  normalizeWeights(network, 'weight-norm');
  const names = [...tensorsOf(network, {}).keys()];
  expect(names).toContain('0.cells.0.inputSums.weight_g');
  expect(names).not.toContain('0.weight_ih_l0');
});
