import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  noGrad,
  randn,
  scaledDotProductAttention,
  slice,
  type Tensor,
  tensor,
  wrap,
} from '../../src/autograd/index.ts';
import { MultiHeadAttention } from '../../src/nn/layers/attention.ts';
import { Embedding } from '../../src/nn/layers/embedding.ts';
import type { Linear } from '../../src/nn/layers/linear.ts';
import { MeanOfTokens, Patches, Positions } from '../../src/nn/layers/tokens.ts';
import { TransformerBlock } from '../../src/nn/layers/transformer.ts';
import { LayerNorm } from '../../src/nn/norm/sample/layerNorm.ts';
import { RmsNorm } from '../../src/nn/norm/sample/rmsNorm.ts';
import { createRandom } from '../../src/random.ts';
import {
  close,
  type GoldenCase,
  goldenCases,
  goldenTensor,
  matchGolden,
  put,
  turned,
} from './torch/sequence.ts';

const tokens = (...shape: number[]) => randn(shape, createRandom('tokens'));

const parts = ['query', 'key', 'value'] as const;

/** One of the three projections in PyTorch's in_proj_weight and in_proj_bias; the weights are apart where sizes differ. */
function projection(values: GoldenCase['parameters'], prefix: string, i: number) {
  const third = ({ shape, data }: { shape: number[]; data: number[] }) => ({
    shape: [shape[0] / 3, ...shape.slice(1)],
    data: data.slice((i * data.length) / 3, ((i + 1) * data.length) / 3),
  });
  const [whole, bias] = ['weight', 'bias'].map((what) => values[`${prefix}in_proj_${what}`]);
  return {
    weight: whole ? third(whole) : values[`${prefix}${parts[i][0]}_proj_weight`],
    bias: bias && third(bias),
  };
}

function loadAttention(layer: MultiHeadAttention, { parameters }: GoldenCase, prefix = '') {
  parts.forEach((part, i) => {
    const { weight, bias } = projection(parameters, prefix, i);
    put(layer[part].weight, weight);
    if (bias) put(layer[part].bias!, bias);
  });
  load(layer.output, parameters, `${prefix}out_proj`);
}

function load({ weight, bias }: Linear, parameters: GoldenCase['parameters'], name: string) {
  put(weight, parameters[`${name}.weight`]);
  if (bias) put(bias, parameters[`${name}.bias`]);
}

/** Holds the gradients of the three projections to PyTorch's. */
function inProjection(layer: MultiHeadAttention, { parameterGradients }: GoldenCase, prefix = '') {
  parts.forEach((part, i) => {
    const { weight, bias } = projection(parameterGradients, prefix, i);
    close(`${part} weight`, layer[part].weight.grad!, turned(weight));
    if (bias) close(`${part} bias`, layer[part].bias!.grad!, bias.data);
  });
}

const withoutProjection = ({ parameterGradients }: GoldenCase) =>
  Object.fromEntries(Object.entries(parameterGradients).filter(([name]) => !name.includes('_proj_')));

describe('multi-head attention', () => {
  test.each(goldenCases('attention'))("$name: output, weights and all gradients are PyTorch's", (golden) => {
    const { features, heads, ...options } = golden.options;
    const layer = new MultiHeadAttention(features, heads, options).to('float64');
    loadAttention(layer, golden);
    const inputs = Object.fromEntries(
      Object.entries(golden.inputs).map(([name, value]) => [name, goldenTensor(value)]),
    );
    const { attn_mask: mask, key_padding_mask: padding } = golden.masks ?? {};
    const numbers = (rows: (number | boolean)[][], of: (each: number | boolean) => number) =>
      tensor(
        rows.map((row) => row.map(of)),
        undefined,
        { dtype: 'float64' },
      );
    const isBoolean = typeof mask?.[0][0] === 'boolean';
    const visible = padding ?? (isBoolean ? mask : undefined);
    const allowed = visible && numbers(visible, (hidden) => (hidden ? 0 : 1));
    const { queries, ...looked } = inputs;
    const outputs = layer.attend(queries, {
      ...looked,
      ...(mask && !isBoolean && { mask: numbers(mask, Number) }),
      ...(allowed && { allowed: padding ? wrap(allowed.data, [2, 1, 1, 4]) : allowed }),
    });
    const { weight, bias } = layer.output;
    const parameters = { 'out_proj.weight': weight, ...(bias && { 'out_proj.bias': bias }) };
    matchGolden(
      { ...golden, parameterGradients: withoutProjection(golden) },
      { outputs: { ...outputs }, inputs, parameters },
    );
    inProjection(layer, golden);
  });

  test('causal: what comes later changes nothing before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(7), (length, seed) => {
        const at = 1 + (seed % (length - 1));
        const layer = new MultiHeadAttention(4, 2, { random: createRandom(seed) });
        const x = tokens(1, length, 4);
        const changed = tensor(
          x.toArray().map((value, i) => (i < 4 * at ? value : value + 1)),
          x.shape,
        );
        const [a, b] = [x, changed].map((each) =>
          noGrad(() => layer.forward(each, { causal: true })).toArray(),
        );
        expect(a.slice(0, 4 * at)).toEqual(b.slice(0, 4 * at));
        expect(a.slice(4 * at)).not.toEqual(b.slice(4 * at));
      }),
      { numRuns: 15 },
    );
  });

  test('without a mask the order of the keys does not matter', () => {
    const [q, k, v] = [tokens(2, 3, 4), randn([2, 5, 4], createRandom(1)), randn([2, 5, 2], createRandom(2))];
    const reversed = (x: Tensor) => {
      const [n, l, c] = x.shape;
      return tensor(
        x.toArray().map((_, i) => {
          const [sample, row] = [Math.floor(i / (l * c)), Math.floor(i / c) % l];
          return x.data[(sample * l + l - 1 - row) * c + (i % c)];
        }),
        [n, l, c],
      );
    };
    const [a, b] = [
      noGrad(() => scaledDotProductAttention(q, k, v)),
      noGrad(() => scaledDotProductAttention(q, reversed(k), reversed(v))),
    ];
    a.toArray().forEach((value, i) => {
      expect(b.data[i]).toBeCloseTo(value, 5);
    });
  });

  test('dropout is of the weights, while training', () => {
    const layer = new MultiHeadAttention(4, 2, { dropout: 0.5, random: createRandom(1) });
    const outputs = [true, false, false].map((training) =>
      noGrad(() => layer.train(training).forward(tokens(2, 5, 4))).toArray(),
    );
    expect(outputs[1]).toEqual(outputs[2]);
    expect(outputs[0]).not.toEqual(outputs[1]);
  });

  test('what does not fit gets an error that says what would', () => {
    expect(() => new MultiHeadAttention(6, 4)).toThrow('heads must divide features');
    const layer = new MultiHeadAttention(4, 2, { keyFeatures: 3 });
    expect(() => layer.forward(tokens(2, 5, 4))).toThrow('expected keys [N, S, 3], got [2, 5, 4]');
    expect(() => layer.forward(tokens(5, 4))).toThrow('a single sequence is [1, ...]');
    const own = new MultiHeadAttention(4, 2);
    expect(() => own.forward(tokens(2, 5, 4), { allowed: tensor([[1, 2]]) })).toThrow('allowed is 1 where');
    expect(() => own.forward(tokens(2, 5, 4), { mask: tokens(3, 3) })).toThrow(
      'must broadcast to [..., queries, keys], here [2, 2, 5, 5]',
    );
    const blind = tensor([
      [1, 1],
      [0, 0],
    ]);
    expect(() => own.forward(tokens(1, 2, 4), { allowed: blind })).toThrow(
      'query 1 may look at none of the 2 keys',
    );
    expect(() => own.forward(tokens(2, 5, 4), { casual: true } as never)).toThrow('unknown option "casual"');
  });
});

describe('transformer block', () => {
  test.each(goldenCases('encoder'))("$name: output and all gradients are PyTorch's", (golden) => {
    const { features, heads, ...options } = golden.options;
    const layer = new TransformerBlock(features, heads, {
      ...options,
      norm: (n: number) => new LayerNorm(n),
    }).to('float64');
    loadAttention(layer.attention, golden, 'self_attn.');
    const [linear1, , linear2] = layer.dense.layers as [Linear, unknown, Linear];
    load(linear1, golden.parameters, 'linear1');
    load(linear2, golden.parameters, 'linear2');
    const norms = [layer.norm1, layer.norm2] as LayerNorm[];
    norms.forEach(({ gamma, beta }, i) => {
      put(gamma!, golden.parameters[`norm${i + 1}.weight`]);
      put(beta!, golden.parameters[`norm${i + 1}.bias`]);
    });
    const x = goldenTensor(golden.inputs.x);
    matchGolden(
      { ...golden, parameterGradients: withoutProjection(golden) },
      {
        outputs: { output: layer.forward(x) },
        inputs: { x },
        parameters: {
          'self_attn.out_proj.weight': layer.attention.output.weight,
          'self_attn.out_proj.bias': layer.attention.output.bias!,
          'linear1.weight': linear1.weight,
          'linear1.bias': linear1.bias!,
          'linear2.weight': linear2.weight,
          'linear2.bias': linear2.bias!,
          'norm1.weight': norms[0].gamma!,
          'norm1.bias': norms[0].beta!,
          'norm2.weight': norms[1].gamma!,
          'norm2.bias': norms[1].beta!,
        },
      },
    );
    inProjection(layer.attention, golden, 'self_attn.');
  });

  test('with zeros behind attention and dense layers, pre-norm is the identity and post-norm the norm twice', () => {
    for (const norm of [(n: number) => new LayerNorm(n), (n: number) => new RmsNorm(n), () => null]) {
      const build = (normPlacement: 'before' | 'after') => {
        const block = new TransformerBlock(4, 2, { norm, normPlacement });
        for (const { weight, bias } of [block.attention.output, block.dense.layers[2] as Linear]) {
          weight.data.fill(0);
          bias!.data.fill(0);
        }
        return block;
      };
      const x = tokens(2, 3, 4);
      expect(noGrad(() => build('before').forward(x)).toArray()).toEqual(x.toArray());
      const own = norm(4);
      const twice = noGrad(() => (own ? own.forward(own.forward(x)) : x)).toArray();
      expect(noGrad(() => build('after').forward(x)).toArray()).toEqual(twice);
    }
  });

  test('dropouts of two blocks draw different masks', () => {
    const random = createRandom(1);
    const [a, b] = [1, 2].map(() => new TransformerBlock(4, 2, { dropout: 0.5, random }));
    b.loadState(a.state());
    const [one, two] = [a, b].map((block) => noGrad(() => block.forward(tokens(2, 5, 4))).toArray());
    expect(one).not.toEqual(two);
  });

  test('an unknown placement is an error', () => {
    expect(() => new TransformerBlock(4, 2, { normPlacement: 'pre' as never })).toThrow(
      "'before' or 'after', got pre",
    );
  });
});

describe('tokens', () => {
  test('patches are read row by row, each row by row', () => {
    const x = tensor(
      Array.from({ length: 16 }, (_, i) => i),
      [1, 4, 4, 1],
    );
    expect(noGrad(() => new Patches(2).forward(x)).toArray()).toEqual([
      0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15,
    ]);
    expect(() => new Patches(3).forward(x)).toThrow('multiples of 3, got [1, 4, 4, 1]');
  });

  test('positions are added to every sample, the mean is over the sequence', () => {
    const layer = new Positions(3, 2);
    const y = noGrad(() => layer.forward(wrap(new Float32Array(12), [2, 3, 2])));
    expect(y.toArray()).toEqual([...layer.weight.toArray(), ...layer.weight.toArray()]);
    expect(() => layer.forward(tokens(2, 4, 2))).toThrow('expected [N, 3, 2], got [2, 4, 2]');
    expect(
      noGrad(() =>
        new MeanOfTokens().forward(
          tensor([
            [
              [1, 2],
              [3, 6],
            ],
          ]),
        ),
      ).toArray(),
    ).toEqual([2, 4]);
  });
});

describe('embedding', () => {
  test('rows by index, in any nesting; gradients of one row add up', () => {
    const layer = new Embedding(4, 2, { random: createRandom(1) });
    const row = (i: number) => layer.weight.toArray().slice(2 * i, 2 * i + 2);
    const y = layer.forward([
      [3, 1, 3],
      [0, 3, 0],
    ]);
    expect(y.shape).toEqual([2, 3, 2]);
    expect(y.toArray()).toEqual([3, 1, 3, 0, 3, 0].flatMap(row));
    y.backward({
      gradient: tensor(
        Array.from({ length: 12 }, (_, i) => i),
        [2, 3, 2],
      ),
    });
    expect(layer.weight.grad!.toArray()).toEqual([16, 18, 2, 3, 0, 0, 12, 15]);
    expect(noGrad(() => layer.forward(tensor(2))).shape).toEqual([2]);
    expect(noGrad(() => layer.forward(Int32Array.of(2, 1))).toArray()).toEqual([2, 1].flatMap(row));
  });

  test('the padding row is zeros and stays so', () => {
    const layer = new Embedding(3, 2, { paddingIndex: 1, random: createRandom(1) });
    layer.forward([0, 1, 1]).backward({ gradient: wrap(new Float32Array(6).fill(1), [3, 2]) });
    expect(layer.weight.toArray().slice(2, 4)).toEqual([0, 0]);
    expect(layer.weight.grad!.toArray()).toEqual([1, 1, 0, 0, 0, 0]);
  });

  test('an index that is no row gets an error that says what would be', () => {
    const layer = new Embedding(4, 2);
    expect(() => layer.forward([1, 4])).toThrow(
      'index 1 is 4; a table of 4 rows has the whole numbers 0 to 3. Make the table',
    );
    expect(() => layer.forward([-1])).toThrow('Negative ones do not count from the end');
    expect(() => layer.forward([0.5])).toThrow('index 0 is 0.5');
    expect(() => layer.forward([[1, 2], [3]])).toThrow('stand side by side');
    expect(() => layer.forward('12' as never)).toThrow('expected whole numbers as a list');
    expect(() => new Embedding(4, 2, { paddingIndex: 4 })).toThrow('paddingIndex must be');
  });
});

test('attention in float32 on either kernels: slices of it are the attention of slices', () => {
  const [q, k, v] = [
    tokens(2, 3, 7, 5),
    randn([2, 3, 6, 5], createRandom(1)),
    randn([2, 3, 6, 4], createRandom(2)),
  ];
  const all = noGrad(() => scaledDotProductAttention(q, k, v, { causal: true }));
  const one = (x: Tensor) => noGrad(() => slice(x, [1, 2, 0, 0], [1, 1, -1, -1]));
  const part = noGrad(() => scaledDotProductAttention(one(q), one(k), one(v), { causal: true }));
  expect(part.toArray()).toEqual(one(all).toArray());
});
