import { gelu, parameter, relu, silu, type Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { add, div, inPrecisionOf, mul, neg, special, sqrt, square, sub, sum } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { type Attributes, epsOf } from '../core/golden.ts';
import { checkGroups, type GroupOptions, groupsFor } from '../core/groups.ts';
import { ChannelNorm, type ParameterRule, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { channelSets, checkCall, checkFeatures } from '../core/sets.ts';
import { groupNorm } from '../sample/groupNorm.ts';
import { type Moments, momentsOf, type ProxyActivation, type ProxyExpectation } from './proxyMoments.ts';

/**
 * Proxy Normalization (Labatie, Masters, Eaton-Rosen, Luschi 2021, arXiv:2106.03743) of an activation f behind LayerNorm or
 * GroupNorm: what BatchNorm would do to f's output, with a Gaussian stand-in (the proxy) for the batch.
 *
 * S_i is that of the norm in front: LayerNorm's (one group) or GroupNorm's. The proxy has none: its moments belong to a channel,
 * and no data enters them. Depends on no other sample; training and evaluation are the same.
 */
export function proxyNorm(x: Tensor, set: ProxyNormCall): Tensor {
  checkCall('proxyNorm', x, set);
  const { activation, gamma, beta, groups, eps } = set;
  // ReLU is done in the norm's own pass
  if (activation === 'relu') return byProxy(groupNorm(x, { groups, gamma, beta, eps, relu: true }), set);
  return byProxy(functions[activation](groupNorm(x, { groups, gamma, beta, eps })), set);
}

export interface ProxyNormCall {
  groups: number;
  activation: ProxyActivation;
  expectation: ProxyExpectation;
  /** [C] each. */
  gamma: Tensor;
  beta: Tensor;
  betaProxy: Tensor;
  gammaProxy: Tensor;
  eps: number;
  proxyEps: number;
}

const functions = { relu, gelu, silu };

/** y = (a - m) / D for a = f(gamma xHat + beta): the proxy u ~ N(betaProxy, (1 + gammaProxy)^2) goes through the same f. */
function byProxy(a: Tensor, set: ProxyNormCall): Tensor {
  const { gamma, beta, betaProxy, gammaProxy, proxyEps } = set;
  const tensors = { x: a, gamma, beta, betaProxy, gammaProxy };
  const view = channelSets(a.shape);
  return rule(
    'proxyNorm',
    view,
    tensors,
    { numbers: { proxyEps } },
    ({ x: a, gamma, beta, betaProxy, gammaProxy }, norm) => {
      // gamma u + beta ~ N(mu, s^2)
      const mu = add(mul(gamma, betaProxy), beta);
      const s = mul(gamma, add(gammaProxy, 1));
      const { m, v, dm: dmBy, dv: dvBy } = momentsAt(mu, s, set);
      const d = sqrt(add(v, proxyEps));
      const y = div(sub(a, m), d);
      norm.steps({ mu, s, m, v, d });

      return [
        y,
        (dy) => {
          const dm = neg(div(sum(dy), d));
          const dv = neg(div(sum(mul(dy, y)), mul(2, square(d))));
          const dmu = add(mul(dm, dmBy.mu), mul(dv, dvBy.mu));
          const ds = add(mul(dm, dmBy.s), mul(dv, dvBy.s));
          norm.steps({ dm, dv, dmu, ds });
          return {
            x: () => norm.paths({ direct: div(dy, d) }),
            // What gamma and beta get through the data comes to them through a
            gamma: () => add(mul(betaProxy, dmu), mul(add(gammaProxy, 1), ds)),
            beta: () => dmu,
            betaProxy: () => mul(gamma, dmu),
            gammaProxy: () => mul(gamma, ds),
          };
        },
      ];
    },
  ).y;
}

/** Mean and variance of f(N(mu, s^2)), and their derivatives by mu and s, in double (proxyMoments.ts). */
function momentsAt(mu: NDArray, s: NDArray, { activation, expectation }: ProxyNormCall) {
  const moments = momentsOf(activation, expectation);
  const each = Array.from(mu.data, (at, c) => moments(at, s.data[c]));
  const numbers = (name: string, of: (moments: Moments) => number) =>
    special(name, [mu, s], { shape: mu.shape, data: inPrecisionOf(mu, each.map(of)) });
  return {
    m: numbers(`${activation}Mean`, ({ mean }) => mean),
    v: numbers(`${activation}Variance`, ({ variance }) => variance),
    dm: { mu: numbers('dm/dmu', ({ dMean }) => dMean.mu), s: numbers('dm/ds', ({ dMean }) => dMean.s) },
    dv: {
      mu: numbers('dv/dmu', ({ dVariance }) => dVariance.mu),
      s: numbers('dv/ds', ({ dVariance }) => dVariance.s),
    },
  };
}

export interface ProxyNormOptions {
  /** Added to the variance of xHat; default: 1e-5. */
  eps?: number;
  /** Added to the proxy's variance; default: 0.03, as in the authors' code. */
  proxyEps?: number;
  /** Default: 'exact' for ReLU and 'gaussHermite' for the others. */
  expectation?: ProxyExpectation;
}

/** Proxy Norm of [N, ..., C], C = features, on GroupNorm with `groups` groups; 1 is LayerNorm. */
export class ProxyNorm extends ChannelNorm<ProxyNormOptions> {
  override readonly activates = true;
  readonly gamma = parameter(new Float32Array(this.features).fill(1), [this.features]);
  readonly beta = parameter(new Float32Array(this.features), [this.features]);
  readonly betaProxy = parameter(new Float32Array(this.features), [this.features]);
  readonly gammaProxy = parameter(new Float32Array(this.features), [this.features]);

  constructor(
    readonly groups: number,
    features: number,
    options: ProxyNormOptions = {},
  ) {
    super(`ProxyNorm(groups=${groups}, features=${features})`, features, options);
    checkGroups('ProxyNorm', groups, features);
  }

  /** Behind no activation, or a residual, it is the plain norm with gamma and beta. */
  forward(x: Tensor, then: ActivatedThen = {}): Tensor {
    const { groups, gamma, beta, betaProxy, gammaProxy } = this;
    checkFeatures(this.layer, x, this.features);
    const { eps = 1e-5, proxyEps = 0.03 } = this.options;
    const activation = then?.activation ?? (then?.relu ? 'relu' : null);
    if (!activation || then?.residual) return groupNorm(x, { ...then, groups, gamma, beta, eps });
    const { expectation = activation === 'relu' ? 'exact' : 'gaussHermite' } = this.options;
    const proxied = { gamma, beta, betaProxy, gammaProxy, proxyEps };
    return proxyNorm(x, { groups, activation, expectation, eps, ...proxied });
  }

  override parameterRules(): ReadonlyMap<Tensor, ParameterRule> {
    return new Map([this.betaProxy, this.gammaProxy].map((tensor) => [tensor, { weightDecay: true }]));
  }
}

/** GELU and SiLU, too, may follow. */
export interface ActivatedThen extends Then {
  activation?: ProxyActivation;
}

const common = {
  paper: 'Labatie, Masters, Eaton-Rosen, Luschi 2021, arXiv:2106.03743',
  parameters: 'gamma [C], beta [C], betaProxy [C], gammaProxy [C]',
  centred: true,
  defaults: [
    {
      where: "authors' code",
      says: '200 quantiles of the normal distribution; eps 0.03; weight decay on the two proxy parameters only',
    },
    {
      where: 'normgrad',
      says: 'exact moments for ReLU, Gauss-Hermite quadrature for GELU and SiLU; the quantiles by option',
    },
  ],
  traps: [
    "The norm's own gamma and beta are gone: these two serve f and the proxy alike.",
    'To forget the path through m and V leaves gradients that look plausible.',
    "Only betaProxy and gammaProxy have weight decay (the authors' code), which pulls the proxy towards N(0, 1).",
  ],
  source: 'activation/proxyNorm.ts',
};

export const proxyLayer = defineNorm<ProxyNormOptions>({
  ...common,
  name: 'proxy-layer',
  title: 'LayerNorm + Proxy Norm',
  sets: 'the sample, over all positions and channels',
  build: (features, options) => new ProxyNorm(1, features, options),
});

export const proxyGroup = defineNorm<ProxyNormOptions & GroupOptions>({
  ...common,
  name: 'proxy-group',
  title: 'GroupNorm + Proxy Norm',
  sets: 'the group of channels of the sample, over all positions',
  golden: {
    proxyNorm: {
      run({ x, gamma, beta, betaProxy, gammaProxy }, a) {
        const set = { gamma: gamma!, beta: beta!, betaProxy, gammaProxy, eps: epsOf(a) };
        const [groups, proxyEps] = [a.number('groups', 1), a.number('proxyEps', 0.03)];
        const activation = a.text('activation', 'relu') as ProxyActivation;
        return proxyNorm(x, { ...set, groups, activation, expectation: expectationOf(a), proxyEps });
      },
    },
  },
  build: (features, options) => new ProxyNorm(groupsFor(features, options), features, options),
});

function expectationOf(attributes: Attributes): ProxyExpectation {
  const by = attributes.text('expectation', 'exact');
  if (by === 'quantiles') return { quantiles: attributes.number('samples', 200) };
  if (by === 'exact' || by === 'gaussHermite') return by;
  throw new Error(`attribute "expectation": one of exact, gaussHermite, quantiles, got "${by}"`);
}
