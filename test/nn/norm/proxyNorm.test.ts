import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { gelu, relu, silu, Tensor } from '../../../src/autograd/index.ts';
import {
  gaussHermite,
  normalCdf,
  normalQuantile,
  quantiles,
} from '../../../src/nn/norm/activation/gaussian.ts';
import {
  momentsOf,
  type ProxyActivation,
  reluMoments,
} from '../../../src/nn/norm/activation/proxyMoments.ts';
import { ProxyNorm, type ProxyNormOptions, proxyNorm } from '../../../src/nn/norm/activation/proxyNorm.ts';
import { groupNorm } from '../../../src/nn/norm/sample/groupNorm.ts';
import { parameterGroups } from '../../../src/optim/index.ts';
import { normal, relativeDifference } from './layers.ts';

describe('the Gaussian', () => {
  test('quantiles invert the distribution function', () => {
    for (const p of [1e-9, 0.0025, 0.3, 0.5, 0.8, 0.9975])
      expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 14);
    // Python: statistics.NormalDist().inv_cdf(0.0025)
    expect(normalQuantile(0.0025)).toBeCloseTo(-2.8070337683438042, 14);
  });

  test("200 midpoint quantiles miss the tails: mean z^2 = 0.99360, as in the authors' code", () => {
    const { nodes, weights } = quantiles(200);
    expect(nodes.reduce((sum, z, k) => sum + weights[k] * z * z, 0)).toBeCloseTo(0.9936, 4);
    expect(nodes[0]).toBe(normalQuantile(0.5 / 200)); // (k + 1/2) / K: a port had 0.03 in place of the 1/2
  });

  test('Gauss-Hermite with n nodes is exact for polynomials up to degree 2 n - 1', () => {
    const { nodes, weights } = gaussHermite(5);
    const moment = (degree: number) => nodes.reduce((sum, z, k) => sum + weights[k] * z ** degree, 0);
    for (const [degree, expected] of [
      [0, 1],
      [1, 0],
      [2, 1],
      [4, 3],
      [6, 15],
      [8, 105],
      [9, 0],
    ]) {
      expect(moment(degree)).toBeCloseTo(expected, 10);
    }
  });
});

describe('moments of an activation of a Gaussian', () => {
  /** Mean and variance by Simpson's rule over +-12 deviations. */
  function integrated(f: (u: number) => number, mu: number, s: number) {
    const steps = 200_000;
    const expectation = (of: (u: number) => number) => {
      let sum = 0;
      for (let i = 0; i <= steps; i++) {
        const z = -12 + (24 * i) / steps;
        const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
        sum += weight * of(mu + s * z) * Math.exp(-0.5 * z * z);
      }
      return (sum * 24) / steps / 3 / Math.sqrt(2 * Math.PI);
    };
    const mean = expectation(f);
    return { mean, variance: expectation((u) => (f(u) - mean) ** 2) };
  }
  const functions = {
    relu: (u: number) => Math.max(u, 0),
    gelu: (u: number) => u * normalCdf(u),
    silu: (u: number) => u / (1 + Math.exp(-u)),
  };
  const places = [
    [0, 1],
    [0.7, 0.5],
    [-1.1, 1.3],
    [2.5, -0.8],
  ];

  test.each(places)('ReLU in closed form at N(%d, %d^2)', (mu, s) => {
    const exact = integrated(functions.relu, mu, s);
    const moments = reluMoments(mu, s);
    expect(moments.mean).toBeCloseTo(exact.mean, 8);
    expect(moments.variance).toBeCloseTo(exact.variance, 8);
  });

  test.each(places)('GELU and SiLU by Gauss-Hermite at N(%d, %d^2)', (mu, s) => {
    for (const activation of ['gelu', 'silu'] as const) {
      const exact = integrated(functions[activation], mu, s);
      const moments = momentsOf(activation, 'gaussHermite')(mu, s);
      expect(moments.mean, activation).toBeCloseTo(exact.mean, 7);
      expect(moments.variance, activation).toBeCloseTo(exact.variance, 7);
    }
  });

  test('at the start: m = 0.398942, V = 0.340845, 1 / sqrt(V + 0.03) = 1.6421', () => {
    const { mean, variance } = reluMoments(0, 1);
    expect(mean).toBeCloseTo(0.398942, 6);
    expect(variance).toBeCloseTo(0.340845, 6);
    expect(1 / Math.sqrt(variance + 0.03)).toBeCloseTo(1.6421, 4);
  });

  test.each(['relu', 'gelu', 'silu'] as const)(
    'derivatives by mu and by s of either sign: %s',
    (activation) => {
      const rules = [
        { quantiles: 200 },
        'gaussHermite',
        ...(activation === 'relu' ? ['exact'] : []),
      ] as const;
      for (const by of rules) {
        if (by === 'gaussHermite' && activation === 'relu') continue; // a kink at every node
        const moments = momentsOf(activation, by as 'exact');
        for (const [mu, s] of places) {
          const h = 1e-6;
          const at = moments(mu, s);
          for (const of of ['mean', 'variance'] as const) {
            const byMu = (moments(mu + h, s)[of] - moments(mu - h, s)[of]) / (2 * h);
            const byS = (moments(mu, s + h)[of] - moments(mu, s - h)[of]) / (2 * h);
            const own = of === 'mean' ? at.dMean : at.dVariance;
            expect(own.mu).toBeCloseTo(byMu, 7);
            expect(own.s).toBeCloseTo(byS, 7);
          }
        }
      }
    },
  );

  test('more and more quantiles come to the closed form', () => {
    const exact = reluMoments(0.3, 1.2);
    const errors = [50, 200, 800, 3200].map((count) => {
      const { mean, variance } = momentsOf('relu', { quantiles: count })(0.3, 1.2);
      return Math.abs(mean - exact.mean) + Math.abs(variance - exact.variance);
    });
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
    expect(errors[3]).toBeLessThan(1e-3);
  });

  test('a proxy without spread has variance 0, at the kink as well', () => {
    expect(reluMoments(2, 0)).toMatchObject({ mean: 2, variance: 0 });
    expect(reluMoments(-2, 0)).toMatchObject({ mean: 0, variance: 0 });
    expect(reluMoments(0, 0)).toMatchObject({ mean: 0, variance: 0 });
    expect(reluMoments(30, 1).variance).toBeGreaterThanOrEqual(0);
  });

  test('a closed form that does not exist is not replaced by another one silently', () => {
    expect(() => momentsOf('gelu', 'exact')).toThrow('gaussHermite');
  });
});

const shape = [3, 4, 2, 6] as const;

/** In float64, with parameters that are not the initial ones. */
function build(groups: number, options: ProxyNormOptions = {}) {
  const layer = new ProxyNorm(groups, 6, options).to('float64');
  for (const [name, parameter] of layer.namedParameters()) {
    parameter.data.set(normal([6], name).map((value) => (name === 'gamma' ? 1 : 0) + 0.4 * value));
  }
  return layer;
}

describe('Proxy Norm', () => {
  const input = () => new Tensor(normal(shape, 1), shape, { requiresGrad: true });

  test.each([
    ['relu', 1, undefined],
    ['relu', 3, undefined],
    ['relu', 6, { quantiles: 200 }],
    ['gelu', 1, undefined],
    ['gelu', 3, { quantiles: 200 }],
    ['silu', 2, undefined],
    ['silu', 1, { quantiles: 200 }],
  ] as const)('every gradient of %s with %i groups', (activation, groups, expectation) => {
    const layer = build(groups, expectation ? { expectation } : {});
    const x = input();
    const inputs = { x, ...Object.fromEntries(layer.namedParameters()) };
    for (const result of gradcheck(() => layer.forward(x, { activation }), inputs)) {
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
  });

  test('is (f(gamma xHat + beta) - m) / sqrt(V + 0.03), f applied once', () => {
    for (const [activation, f] of Object.entries({ relu, gelu, silu })) {
      const layer = build(2);
      const h = groupNorm(input(), { groups: 2, gamma: layer.gamma, beta: layer.beta, eps: 1e-5 });
      const by = activation === 'relu' ? 'exact' : 'gaussHermite';
      const moments = momentsOf(activation as ProxyActivation, by);
      const expected = Float64Array.from(f(h).data, (value, i) => {
        const c = i % 6;
        const [gamma, beta] = [layer.gamma.data[c], layer.beta.data[c]];
        const { mean, variance } = moments(
          beta + gamma * layer.betaProxy.data[c],
          gamma * (1 + layer.gammaProxy.data[c]),
        );
        return (value - mean) / Math.sqrt(variance + 0.03);
      });
      const y = layer.forward(input(), { activation: activation as ProxyActivation });
      expect(relativeDifference(Float64Array.from(y.data), expected)).toBeLessThan(1e-14);
    }
  });

  test('where ReLU is the identity (beta large), the proxy takes beta and the scale out again: xHat / sqrt(1 + eps)', () => {
    const layer = new ProxyNorm(2, 6).to('float64');
    layer.beta.data.fill(50);
    const y = layer.forward(input(), { relu: true });
    const xHat = groupNorm(input(), { groups: 2, gamma: null, beta: null, eps: 1e-5 });
    const expected = Float64Array.from(xHat.data, (value) => value / Math.sqrt(1 + 0.03));
    expect(relativeDifference(Float64Array.from(y.data), expected)).toBeLessThan(1e-12);
  });

  test('with more and more quantiles it comes to the exact one', () => {
    const exact = Float64Array.from(build(1).forward(input(), { relu: true }).data);
    const errors = [100, 400, 1600].map((count) => {
      const y = build(1, { expectation: { quantiles: count } }).forward(input(), { relu: true });
      return relativeDifference(Float64Array.from(y.data), exact);
    });
    expect(errors[1]).toBeLessThan(0.4 * errors[0]);
    expect(errors[2]).toBeLessThan(0.4 * errors[1]);
  });

  test('gives gamma and beta their share through the proxy (not only through the data)', () => {
    const layer = build(1);
    const held = layer.gamma.clone();
    const dy = new Tensor(normal(shape, 'dy'), shape);
    layer.forward(input(), { relu: true }).backward({ gradient: dy });
    const whole = layer.gamma.grad!.toArray();
    layer.zeroGrad();
    const { gamma, beta, betaProxy, gammaProxy } = layer;
    // The same with a proxy that does not know gamma and beta as leaves
    const frozen = { betaProxy, gammaProxy, gamma: held, beta: beta.clone() };
    const moments = Array.from(held.data, (g, c) =>
      reluMoments(frozen.beta.data[c] + g * betaProxy.data[c], g * (1 + gammaProxy.data[c])),
    );
    const a = groupNorm(input(), { groups: 1, gamma, beta, eps: 1e-5, relu: true });
    const scaled = Float64Array.from(
      dy.data,
      (value, i) => value / Math.sqrt(moments[i % 6].variance + 0.03),
    );
    a.backward({ gradient: new Tensor(scaled, shape) });
    const dataOnly = layer.gamma.grad!.toArray();
    expect(Math.max(...whole.map((value, c) => Math.abs(value - dataOnly[c])))).toBeGreaterThan(0.1);
  });

  test('behind no activation, or in front of a residual, it is the plain norm with gamma and beta', () => {
    const layer = build(2);
    const residual = new Tensor(normal(shape, 'residual'), shape);
    const { gamma, beta } = layer;
    const plain = (then: object) => groupNorm(input(), { groups: 2, gamma, beta, eps: 1e-5, ...then }).data;
    expect(layer.forward(input()).data).toEqual(plain({}));
    const then = { residual, relu: true };
    expect(layer.forward(input(), then).data).toEqual(plain(then));
  });

  test('training and evaluation are the same, and no sample sees another', () => {
    const layer = build(1);
    const y = layer.forward(input(), { relu: true }).toArray();
    layer.eval();
    expect(layer.forward(input(), { relu: true }).toArray()).toEqual(y);
    const alone = new Tensor(normal(shape, 1).slice(0, 48), [1, 4, 2, 6]);
    expect(layer.forward(alone, { relu: true }).toArray()).toEqual(y.slice(0, 48));
  });

  test('weight decay reaches betaProxy and gammaProxy, and no other parameter of a norm', () => {
    const layer = new ProxyNorm(1, 6);
    const groups = parameterGroups(layer, { weightDecay: 0.01 });
    const decayed = groups.filter((group) => group.weightDecay === 0.01).flatMap((group) => group.parameters);
    expect(new Set(decayed)).toEqual(new Set([layer.betaProxy, layer.gammaProxy]));
    expect(groups.flatMap((group) => group.parameters)).toHaveLength(4);
  });

  test('the parameters of one forward pass are those of the next: they can be trained', () => {
    const layer = new ProxyNorm(1, 6);
    const before = layer.parameters();
    layer.forward(new Tensor(new Float32Array(12).fill(1), [2, 6]), { relu: true });
    expect(layer.parameters().every((parameter, i) => parameter === before[i])).toBe(true);
    expect(before).toHaveLength(4);
  });

  test('groups that do not divide the channels', () => {
    expect(() => new ProxyNorm(4, 6)).toThrow('Use one of 1, 2, 3, 6');
    const call = build(1);
    expect(() => call.forward(new Tensor(new Float64Array(10), [2, 5]))).toThrow(
      'expected input [N, ..., 6]',
    );
  });

  test('the function and the layer agree', () => {
    const layer = build(3);
    const { gamma, beta, betaProxy, gammaProxy } = layer;
    const y = proxyNorm(input(), {
      groups: 3,
      activation: 'relu',
      expectation: 'exact',
      gamma,
      beta,
      betaProxy,
      gammaProxy,
      eps: 1e-5,
      proxyEps: 0.03,
    });
    expect(layer.forward(input(), { relu: true }).data).toEqual(y.data);
  });
});
