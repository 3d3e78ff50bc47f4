import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { cast, noGrad, relu, Tensor } from '../../../src/autograd/index.ts';
import type { Shape } from '../../../src/kernels/contract.ts';
import { Activation, activation } from '../../../src/nn/layers/activation.ts';
import { PreActivationBlock, ResidualBlock } from '../../../src/nn/layers/residual.ts';
import { Sequential } from '../../../src/nn/layers/sequential.ts';
import { EvoNormB0 } from '../../../src/nn/norm/activation/evoNormB0.ts';
import { EvoNormS0 } from '../../../src/nn/norm/activation/evoNormS0.ts';
import { FilterResponseNorm } from '../../../src/nn/norm/activation/filterResponseNorm.ts';
import { ProxyNorm } from '../../../src/nn/norm/activation/proxyNorm.ts';
import { lastAxesSets } from '../../../src/nn/norm/core/sets.ts';
import { findNorm } from '../../../src/nn/norm/createNorm.ts';
import { DynamicErf } from '../../../src/nn/norm/pointwise/dynamicErf.ts';
import { DynamicTanh } from '../../../src/nn/norm/pointwise/dynamicTanh.ts';
import { LayerScale } from '../../../src/nn/norm/pointwise/layerScale.ts';
import { DivisiveNorm, divisiveNorm } from '../../../src/nn/norm/response/divisiveNorm.ts';
import { Gdn, gdn } from '../../../src/nn/norm/response/gdn.ts';
import { GlobalResponseNorm } from '../../../src/nn/norm/response/globalResponseNorm.ts';
import { LocalResponseNorm } from '../../../src/nn/norm/response/localResponseNorm.ts';
import { averaging, type Pool, windowPool } from '../../../src/nn/norm/response/pools.ts';
import { groupNorm } from '../../../src/nn/norm/sample/groupNorm.ts';
import { layerNorm } from '../../../src/nn/norm/sample/layerNorm.ts';
import { parameterGroups } from '../../../src/optim/index.ts';
import { createRandom } from '../../../src/random.ts';
import { images } from '../support.ts';
import { buildLayer, gradientOf, largest, normal, otherNorms, pass, relativeDifference } from './layers.ts';

const shape: Shape = [2, 3, 2, 6];
const size = 72;
const names = otherNorms.map((entry) => entry.name); // those that are no plain standardization, or do more

function input(of: Shape = shape, seed: number | string = 1): Tensor {
  return new Tensor(normal(of, seed), of, { requiresGrad: true });
}

describe.each(names)('%s', (name) => {
  const build = (eps?: number) => buildLayer(findNorm(name), 6, { groups: 2, ...(eps ? { eps } : {}) }, 3);

  function check(x: Float64Array, { eps, ...steps }: { eps?: number; h?: number; tolerance?: number } = {}) {
    const layer = build(eps);
    const at = new Tensor(x, shape, { requiresGrad: true });
    const inputs = { x: at, ...Object.fromEntries(layer.namedParameters()) };
    for (const result of gradcheck(() => layer.forward(at, { relu: layer.activates }), inputs, steps)) {
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
  }

  test('gradient at a constant input', () => check(new Float64Array(size).fill(0.7), { eps: 0.01, h: 1e-6 }));
  test('gradient at an offset of 2000', () =>
    check(
      normal(shape, 1).map((value) => value + 2000),
      { h: 1e-4 },
    ));

  test('gradient at zero input', () => {
    // There the second derivative of these two jumps (A = B, and G = 0), so the difference quotient is off by O(h)
    const jumps = ['evonorm-b0', 'grn'].includes(name);
    check(new Float64Array(size), { eps: 0.01, h: 1e-6, tolerance: jumps ? 1e-3 : 1e-7 });
  });

  test('F: every combination of what requires a gradient gives the same gradients', () => {
    const [x, dy] = [normal(shape, 1), normal(shape, 'dy')];
    const expected = pass(build(), shape, x, dy);
    const parameters = [...build().namedParameters().keys()];
    for (let which = 0; which < 2 ** (parameters.length + 1); which++) {
      const layer = build();
      const leaf = new Tensor(x.slice(), shape, { requiresGrad: (which & 1) > 0 });
      const named = layer.namedParameters();
      parameters.forEach((key, i) => {
        named.get(key)!.requiresGrad = (which & (2 << i)) > 0;
      });
      const y = layer.forward(leaf, { relu: layer.activates });
      expect(y.requiresGrad).toBe(which > 0);
      if (which === 0) continue;
      y.backward({ gradient: new Tensor(dy, shape) });
      expect(leaf.grad?.data).toEqual(leaf.requiresGrad ? expected.dx : undefined);
      for (const key of parameters) {
        const { grad, requiresGrad } = named.get(key)!;
        expect(grad?.data, key).toEqual(requiresGrad ? expected.gradients[key] : undefined);
      }
    }
  });

  test('A: float32 at offsets of 100 to 10,000 is as exact as the input allows', () => {
    for (const offset of [0, 1e2, 1e3, 1e4]) {
      const x = Float64Array.from(Float32Array.from(normal([4, 5, 3, 6], 1), (value) => value + offset));
      const dy = Float64Array.from(Float32Array.from(normal([4, 5, 3, 6], 'dy')));
      const wide = pass(build(), [4, 5, 3, 6], x, dy);
      const layer = build().to('float32');
      const narrow = new Tensor(Float32Array.from(x), [4, 5, 3, 6], { requiresGrad: true });
      const y = layer.forward(narrow, { relu: layer.activates });
      y.backward({ gradient: cast(new Tensor(dy, [4, 5, 3, 6]), 'float32') });
      for (const [got, expected] of [
        [y.data, wide.y],
        [narrow.grad!.data, wide.dx],
      ] as const) {
        const error = largest(expected.map((value, i) => value - got[i])) / (1 + largest(expected));
        expect(error, `offset ${offset}`).toBeLessThan(4e-7 * (1 + offset));
      }
    }
  });

  test('E: what is not [N, ..., C] with its channels throws', () => {
    expect(() => build().forward(input([2, 5]))).toThrow('got [2, 5]');
    expect(() => build().forward(input([2, 6, 3]))).toThrow('got [2, 6, 3]');
    expect(() => build().forward(input([6]))).toThrow('got [6]');
  });

  test('a residual and a relu follow; J: without weight decay on gains', () => {
    const layer = build();
    const residual = input(shape, 'residual');
    const y = layer.forward(input(), { residual, relu: true });
    const plain = layer.forward(input());
    const expected = Float64Array.from(plain.data, (value, i) => Math.max(value + residual.data[i], 0));
    expect(relativeDifference(Float64Array.from(y.data), expected)).toBeLessThan(1e-14);
    const decayed = parameterGroups(layer, { weightDecay: 1 })
      .filter((group) => group.weightDecay !== 0)
      .flatMap((group) => group.parameters);
    expect(decayed).toHaveLength(layer instanceof ProxyNorm ? 2 : 0);
  });
});

describe('norms that bring their own activation', () => {
  const activating = names.filter((name) => findNorm(name).build(6, {}).activates);

  test('are FRN, the EvoNorms and Proxy Norm', () => {
    expect(activating).toEqual(['frn', 'evonorm-b0', 'evonorm-s0', 'proxy-layer', 'proxy-group']);
  });

  test.each(activating)(
    '%s takes the place of a ReLU in Sequential, and leaves other activations alone',
    (name) => {
      const norm = buildLayer(findNorm(name), 6, {}, 1);
      const own = norm.forward(input(), { relu: true }).toArray();
      const affine = norm.forward(input());
      expect(new Sequential([norm, activation('relu')]).forward(input()).toArray()).toEqual(own);
      expect(own).not.toEqual(relu(affine).toArray());
      const tanh = new Activation('tanh');
      const expected = tanh.forward(affine).toArray();
      expect(new Sequential([norm, tanh]).forward(input()).toArray()).toEqual(expected);
    },
  );

  test('Proxy Norm takes in GELU and SiLU as well', () => {
    const norm = buildLayer(findNorm('proxy-group'), 6, {}, 1) as ProxyNorm;
    for (const name of ['gelu', 'silu'] as const) {
      const expected = norm.forward(input(), { activation: name }).toArray();
      expect(new Sequential([norm, activation(name)]).forward(input()).toArray()).toEqual(expected);
    }
  });

  test.each(activating)(
    '%s in residual blocks: in the place of the inner ReLU, affine before the sum',
    (name) => {
      const options = {
        random: createRandom(1),
        norm: (features: number) => findNorm(name).build(features, {}),
      };
      const x = images([2, 4, 4, 6]);
      const post = new ResidualBlock(6, 6, options);
      const h = post.norm1!.forward(post.conv1.forward(x), { relu: true });
      const y = post.norm2!.forward(post.conv2.forward(h), { residual: x, relu: true });
      expect(post.forward(x).toArray()).toEqual(y.toArray());
      expect(y.toArray().every((value) => value >= 0)).toBe(true);
      const pre = new PreActivationBlock(6, 6, options);
      expect(pre.forward(x).shape).toEqual([2, 4, 4, 6]);
    },
  );
});

describe('FRN', () => {
  test('over one position xHat = sign(x), whose gradient is all but zero; a learned eps gives it back', () => {
    const x = Float64Array.of(0.5, -2, 3, -0.1, 1, 4);
    const dy = normal([1, 6], 'dy');
    const layer = new FilterResponseNorm(6).to('float64');
    layer.tau.data.fill(-10);
    const plain = pass(layer, [1, 6], x, dy);
    expect(largest(plain.y.map((value, i) => value - Math.sign(x[i])))).toBeLessThan(1e-4);
    expect(largest(plain.dx)).toBeLessThan(1e-2);
    const learning = new FilterResponseNorm(6, { learnEps: true }).to('float64');
    learning.learnedEps!.data.fill(1);
    learning.tau.data.fill(-10);
    expect(largest(pass(learning, [1, 6], x, dy).dx)).toBeGreaterThan(0.1);
  });

  test.each([
    ['per channel', [3, 2, 4, 5]],
    ['of vectors', [4, 5]],
    ['of one position', [3, 1, 1, 5]],
  ] as const)('the gradient with a learned eps of either sign, %s', (_, of) => {
    const layer = new FilterResponseNorm(5, { learnEps: true }).to('float64');
    for (const [name, parameter] of layer.namedParameters()) parameter.data.set(normal([5], name));
    const x = input(of);
    const inputs = { x, ...Object.fromEntries(layer.namedParameters()) };
    for (const result of gradcheck(() => layer.forward(x, { relu: true }), inputs)) {
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
  });

  test('with a learned eps of 0 it is FRN without one, with and without a residual', () => {
    const [with0, without] = [{ learnEps: true }, {}].map((options) =>
      new FilterResponseNorm(6, options).to('float64'),
    );
    with0.learnedEps!.data.fill(0);
    for (const then of [{}, { relu: true }, { residual: input(shape, 'r'), relu: true }]) {
      const [a, b] = [with0, without].map((layer) => Float64Array.from(layer.forward(input(), then).data));
      expect(relativeDifference(a, b)).toBeLessThan(1e-14);
    }
  });

  test('TLU: tau takes the gradient where z lies below it', () => {
    const layer = new FilterResponseNorm(1).to('float64');
    layer.tau.data[0] = 0.2;
    const x = Float64Array.of(-1, 1, -1, 1);
    const { y, gradients } = pass(layer, [1, 2, 2, 1], x, Float64Array.of(1, 2, 4, 8));
    y.forEach((value, i) => {
      expect(value).toBeCloseTo([0.2, 1, 0.2, 1][i], 5);
    });
    expect([...gradients.tau]).toEqual([5]);
  });
});

describe('EvoNorm', () => {
  test('B0 in evaluation takes the running variance, which no gradient goes through', () => {
    const layer = new EvoNormB0(6).to('float64');
    for (let step = 0; step < 3; step++) {
      const x = new Tensor(
        normal(shape, step).map((value) => 2 * value),
        shape,
      );
      layer.forward(x, { relu: true });
    }
    layer.eval();
    const before = layer.runningVar.toArray();
    const x = input();
    const inputs = { x, ...Object.fromEntries(layer.namedParameters()) };
    for (const result of gradcheck(() => layer.forward(x, { relu: true }), inputs))
      expect(result.passed).toBe(true);
    expect(layer.runningVar.toArray()).toEqual(before);
    const alone = new Tensor(normal(shape, 1).slice(0, 36), [1, 3, 2, 6]);
    const y = layer.forward(alone, { relu: true }).toArray();
    expect(y).toEqual(layer.forward(input(), { relu: true }).toArray().slice(0, 36));
  });

  test('D: the running variance is the unbiased one of the batch: [1, 2, 4, 7] gives 0.9 + 0.1 * 7', () => {
    const layer = new EvoNormB0(1);
    layer.forward(new Tensor(Float32Array.of(1, 2, 4, 7), [4, 1]), { relu: true });
    expect(layer.runningVar.item()).toBeCloseTo(1.6, 6);
  });

  test('C: a batch of one value leaves the running variance finite (timm: division by zero)', () => {
    const layer = new EvoNormB0(2);
    const y = layer.forward(new Tensor(Float32Array.of(1, -2), [1, 2]), { relu: true });
    expect([...y.toArray(), ...layer.runningVar.toArray()].every(Number.isFinite)).toBe(true);
  });

  test('without an activation only gamma and beta are left, and no running statistics move', () => {
    for (const layer of [new EvoNormB0(6), new EvoNormS0(2, 6)]) {
      const [gamma, beta] = [layer.gamma!, layer.beta!];
      gamma.data.fill(2);
      beta.data.fill(1);
      const x = images(shape);
      layer.forward(x).data.forEach((value: number, i: number) => {
        expect(value).toBeCloseTo(2 * x.data[i] + 1, 5);
      });
      for (const buffer of layer.namedBuffers().values()) expect(buffer.toArray()).toEqual(Array(6).fill(1));
    }
  });

  test('S0 divides by the deviation of the group, and subtracts no mean', () => {
    const layer = new EvoNormS0(1, 1).to('float64');
    const y = layer.forward(new Tensor(Float64Array.of(1, 2, 4, 7), [1, 2, 2, 1]), { relu: true }).toArray();
    y.forEach((value, i) => {
      const x = [1, 2, 4, 7][i];
      expect(value).toBeCloseTo(x / (1 + Math.exp(-x)) / Math.sqrt(5.25 + 1e-5), 12);
    });
  });
});

describe('GRN', () => {
  test('is the identity at first', () => {
    expect(new GlobalResponseNorm(6).to('float64').forward(input()).toArray()).toEqual(input().toArray());
  });

  test('G: relative to the MEAN length of the channels, not the sum (ConvNeXt V2 issue 76)', () => {
    const layer = new GlobalResponseNorm(2).to('float64');
    layer.gamma.data.fill(1);
    // Lengths 5 and 10: mean 7.5
    const x = Float64Array.of(3, 6, 4, 8);
    const y = layer.forward(new Tensor(x, [1, 2, 1, 2])).toArray();
    const expected = x.map((value, i) => value * (1 + (i % 2 === 0 ? 5 : 10) / 7.5));
    expect(relativeDifference(Float64Array.from(y), expected)).toBeLessThan(1e-6);
  });

  test('B: channels of zeros, beside others or everywhere, have a finite gradient (a naive square root: NaN)', () => {
    for (const zeros of [[0], [0, 1, 2, 3, 4, 5]]) {
      const layer = buildLayer(findNorm('grn'), 6, {}, 1);
      const x = normal(shape, 1).map((value, i) => (zeros.includes(i % 6) ? 0 : value));
      const { y, dx, gradients } = pass(layer, shape, x, normal(shape, 'dy'));
      for (const values of [y, dx, ...Object.values(gradients)])
        expect(values.every(Number.isFinite)).toBe(true);
    }
  });
});

describe('Local Response Norm', () => {
  const x = () => new Tensor(Float64Array.of(1, 2, 3, 4, 5, 6), [1, 6], { requiresGrad: true });
  const y = (options: object) => new LocalResponseNorm(6, options).forward(x()).toArray();

  test('G: an even window reaches one channel further to the left', () => {
    const [alpha, beta, k] = [4, 1, 1];
    y({ size: 4, alpha, beta, k }).forEach((value, i) => {
      const window = [i - 2, i - 1, i, i + 1].filter((j) => j >= 0 && j < 6);
      const energy = window.reduce((sum, j) => sum + (j + 1) ** 2, 0);
      expect(value).toBeCloseTo((i + 1) / (1 + energy), 12);
    });
  });

  test('G: the backward window of an even one is its mirror image', () => {
    for (const windowSize of [1, 2, 3, 4, 5, 9]) {
      const layer = new LocalResponseNorm(6, { size: windowSize, alpha: 2, k: 1.5 });
      const at = input();
      const [result] = gradcheck(() => layer.forward(at), { x: at });
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
  });

  test('G: alpha as it is (the paper) and alpha / n (PyTorch) are a factor of n apart', () => {
    const paper = y({ size: 5, alpha: 0.1, divideAlpha: false });
    expect(y({ size: 5, alpha: 0.5 })).toEqual(paper);
    expect(y({ size: 5, alpha: 0.1 })).not.toEqual(paper);
  });
});

describe('Divisive Norm', () => {
  const sigma = (value: number) => new Tensor(Float64Array.of(value), [], { requiresGrad: true });
  const everything = (m: number): Pool => averaging(windowPool(m, m, m));
  const eps = 0.01;

  /** y and dx of a function of x [4, 6]. */
  function both(fn: (x: Tensor) => Tensor) {
    const x = input([4, 6]);
    const y = fn(x);
    y.backward({ gradient: new Tensor(normal([4, 6], 'dy'), [4, 6]) });
    return [Float64Array.from(y.data), gradientOf(x)];
  }

  test('T7: with uniform pools it is LayerNorm, and with block means GroupNorm', () => {
    const uniform = everything(6);
    const blocks = uniform.map((row, i) =>
      row.map((_, j) => (Math.floor(i / 2) === Math.floor(j / 2) ? 0.5 : 0)),
    );
    const plain = { gamma: null, beta: null, eps };
    const pairs = [
      [uniform, (x: Tensor) => layerNorm(x, { ...plain, view: lastAxesSets(x.shape, 1) })],
      [blocks, (x: Tensor) => groupNorm(x, { ...plain, groups: 3 })],
    ] as const;
    for (const [pool, norm] of pairs) {
      const set = { meanPool: pool, variancePool: pool, sigma: sigma(Math.sqrt(eps)) };
      const [soft, hard] = [both((x) => divisiveNorm(x, set)), both(norm)];
      for (const i of [0, 1]) expect(relativeDifference(soft[i], hard[i])).toBeLessThan(1e-12);
    }
  });

  test('the gradient with different pools of any kind, sigma included', () => {
    const random = (seed: string): Pool =>
      averaging(
        Array.from({ length: 6 }, (_, i) => [...normal([6], `${seed} ${i}`)].map((value) => value ** 2)),
      );
    const [x, s] = [input([4, 6]), sigma(-0.6)];
    const pools = { meanPool: random('P'), variancePool: random('Q') };
    for (const result of gradcheck(() => divisiveNorm(x, { ...pools, sigma: s }), { x, s })) {
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
  });

  test('constants disappear, at the ends of the channels as well', () => {
    const constant = new Tensor(new Float64Array(24).fill(3), [4, 6]);
    const y = new DivisiveNorm(6).to('float64').forward(constant).data;
    expect(largest(Float64Array.from(y))).toBeLessThan(1e-14);
  });

  test('pools of another size', () => {
    expect(() => new DivisiveNorm(6, { meanPool: everything(5) })).toThrow('6 rows of 6 weights');
  });
});

describe('GDN', () => {
  test('y_i = x_i / sqrt(b_i + sum_j G_ij x_j^2)', () => {
    const tensor = (values: number[], of: Shape) => new Tensor(Float64Array.from(values), of);
    const y = gdn(tensor([1, 2], [1, 2]), tensor([0.5, 1], [2]), tensor([1, 2, 0, 3], [2, 2])).toArray();
    expect(y[0]).toBeCloseTo(1 / Math.sqrt(0.5 + 1 + 2 * 4), 14);
    expect(y[1]).toBeCloseTo(2 / Math.sqrt(1 + 3 * 4), 14);
  });

  test('no step of the optimizer can make the root imaginary', () => {
    const layer = new Gdn(3).to('float64');
    for (const parameter of layer.parameters()) parameter.data.fill(-5);
    expect(
      layer
        .forward(input([4, 3]))
        .toArray()
        .every(Number.isFinite),
    ).toBe(true);
    for (const parameter of layer.parameters()) parameter.data.fill(0);
    expect(layer.forward(new Tensor(new Float64Array(3), [1, 3])).toArray()).toEqual([0, 0, 0]);
  });
});

describe('functions in the place of norms', () => {
  test('DyT and Derf know no other element: the Jacobian is diagonal', () => {
    for (const layer of [new DynamicTanh(6), new DynamicErf(6)]) {
      const dy = new Float64Array(size);
      dy[17] = 1;
      const { dx } = pass(layer.to('float64'), shape, normal(shape, 1), dy);
      expect([...dx].flatMap((value, i) => (value === 0 ? [] : [i]))).toEqual([17]);
    }
  });

  test('DyT is tanh(alpha x), Derf erf(alpha x), both with alpha = 0.5 at first', () => {
    const x = () => new Tensor(Float64Array.of(1.5), [1, 1]);
    expect(new DynamicTanh(1).to('float64').forward(x()).item()).toBeCloseTo(Math.tanh(0.75), 14);
    // Python: math.erf(0.75)
    expect(new DynamicErf(1).to('float64').forward(x()).item()).toBeCloseTo(0.7111556336535151, 14);
    expect(new DynamicTanh(1, { alpha: 0 }).to('float64').forward(x()).item()).toBe(0);
  });

  test('LayerScale ends a residual branch: y = lambda x + residual', () => {
    const layer = new LayerScale(6, { initial: 0.5 });
    const [x, residual] = [images(shape), images(shape, 2)];
    const y = noGrad(() => layer.forward(x, { residual }));
    y.data.forEach((value: number, i: number) => {
      expect(value).toBeCloseTo(0.5 * x.data[i] + residual.data[i], 6);
    });
  });
});
