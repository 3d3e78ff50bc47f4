import { gelu, parameter, record, relu, silu, standardize, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { small } from '../core/arithmetic.ts';
import { checkGroups } from '../core/groups.ts';
import { affineParameters, Norm, type ParameterRule, type Then } from '../core/norm.ts';
import { channelSets, checkFeatures, groupSets } from '../core/sets.ts';
import { type Moments, momentsOf, type ProxyActivation, type ProxyExpectation } from './proxyMoments.ts';

/**
 * Proxy Normalization (Labatie, Masters, Eaton-Rosen, Luschi 2021, arXiv:2106.03743) of an activation f behind LayerNorm or
 * GroupNorm: what BatchNorm would do to f's output, with a Gaussian stand-in (the proxy) for the batch.
 *
 * Index set   of the norm in front: LayerNorm's (one group) or GroupNorm's. The proxy has none: its moments belong to a
 *             channel, and no data enters them.
 * Forward     xHat as in GroupNorm, without its gamma and beta;  a = f(gamma xHat + beta)
 *             the proxy goes the same way: u ~ N(betaProxy, (1 + gammaProxy)^2),  m, V = mean and variance of f(gamma u + beta)
 *             y = (a - m) / D,  D = sqrt(V + proxyEps)
 * Backward    da = dy / D;  gamma, beta and x get their share through a as in any norm with an activation
 *             dm = -sum dy / D,  dV = -sum dy y / (2 D^2)
 *             gamma u + beta ~ N(mu, s^2), mu = beta + gamma betaProxy, s = gamma (1 + gammaProxy); by the chain rule
 *             q = dm m_mu + dV V_mu,  r = dm m_s + dV V_s  (derivatives by mu and s: proxyMoments.ts)
 *             dbeta += q,  dgamma += betaProxy q + (1 + gammaProxy) r,  dbetaProxy = gamma q,  dgammaProxy = gamma r
 *
 * Depends on no other sample. Traps: the norm's own gamma and beta are gone, these two serve f and the proxy alike; forgetting
 * the path through m and V leaves gradients that look plausible; only betaProxy and gammaProxy have weight decay (the
 * authors' code), which pulls the proxy towards N(0, 1).
 */
export function proxyNorm(x: Tensor, set: ProxyNormCall): Tensor {
  const { activation, gamma, beta, groups, eps } = set;
  const view = groupSets(x.shape, groups);
  if (activation === 'relu') {
    return byProxy(standardize(x, view, { gamma, beta, eps, relu: true }), set); // f in the norm's own pass
  }
  return byProxy(functions[activation](standardize(x, view, { gamma, beta, eps })), set);
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

/** y = (a - m) / D, with the proxy's m and D of each channel: the core with statistics that are given. */
function byProxy(a: Tensor, set: ProxyNormCall): Tensor {
  const { gamma, beta, betaProxy, gammaProxy } = set;
  const k = kernels(a);
  const moments = momentsOf(set.activation, set.expectation);
  const proxies = Array.from(gamma.data, (scale, c) =>
    moments(beta.data[c] + scale * betaProxy.data[c], scale * (1 + gammaProxy.data[c])),
  );
  const doubles = (of: (proxy: Moments) => number) => ({
    shape: gamma.shape,
    data: Float64Array.from(proxies, of),
  });
  const statistics = { mean: doubles(({ mean }) => mean), variance: doubles(({ variance }) => variance) };
  const options = { eps: set.proxyEps, epsInside: true, ddof: 0, center: true } as const;
  const core = { x: a, view: channelSets(a.shape), gamma: null, options };
  const { y } = k.standardize({ ...core, beta: null, given: statistics });

  return record('proxyNorm', y, [a, gamma, beta, betaProxy, gammaProxy], (dy, [needsA]) => {
    const back = k.standardizeBackward({
      ...{ ...core, dy, y, statistics },
      through: { mean: false, variance: false },
      needs: { x: needsA, gamma: true, beta: true, residual: false },
    });
    const [sumDyY, sumDy] = [back.dgamma as NDArray, back.dbeta as NDArray];
    const chain = proxies.map(({ variance, dMean, dVariance }, c) => {
      const deviation = Math.sqrt(variance + set.proxyEps);
      const dm = -sumDy.data[c] / deviation;
      const dV = -sumDyY.data[c] / (2 * deviation ** 2);
      return { q: dm * dMean.mu + dV * dVariance.mu, r: dm * dMean.s + dV * dVariance.s };
    });
    const gradient = (of: (chain: { q: number; r: number }, c: number) => number) =>
      small(a, gamma.shape, chain.map(of));
    return [
      back.dx,
      gradient(({ q, r }, c) => betaProxy.data[c] * q + (1 + gammaProxy.data[c]) * r),
      gradient(({ q }) => q),
      gradient(({ q }, c) => gamma.data[c] * q),
      gradient(({ r }, c) => gamma.data[c] * r),
    ];
  });
}

export interface ProxyNormOptions {
  /** Added to the variance of xHat; 1e-5 unless told otherwise. */
  eps?: number;
  /** Added to the proxy's variance; 0.03 unless told otherwise, as in the authors' code. */
  proxyEps?: number;
  /** 'exact' for ReLU and 'gaussHermite' for the others, unless told otherwise. */
  expectation?: ProxyExpectation;
}

/** Proxy Norm of [N, C] or [N, H, W, C], C = features, on GroupNorm with `groups` groups; 1 is LayerNorm. */
export class ProxyNorm extends Norm {
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly betaProxy: Tensor;
  readonly gammaProxy: Tensor;

  constructor(
    readonly groups: number,
    readonly features: number,
    readonly options: ProxyNormOptions = {},
  ) {
    super();
    checkGroups('ProxyNorm', groups, features);
    const { gamma, beta } = affineParameters([features]);
    [this.gamma, this.beta] = [gamma!, beta!];
    this.betaProxy = parameter(new Float32Array(features), [features]);
    this.gammaProxy = parameter(new Float32Array(features), [features]);
  }

  override get activates(): boolean {
    return true;
  }

  /** Behind no activation, or a residual, it is the plain norm with gamma and beta. */
  forward(x: Tensor, then: ActivatedThen = {}): Tensor {
    const { groups, features, gamma, beta, betaProxy, gammaProxy } = this;
    checkFeatures(`ProxyNorm(groups=${groups}, features=${features})`, x.shape, features);
    const { eps = 1e-5, proxyEps = 0.03 } = this.options;
    const activation = then.activation ?? (then.relu ? 'relu' : null);
    if (!activation || then.residual) {
      return standardize(x, groupSets(x.shape, groups), { ...then, gamma, beta, eps });
    }
    const { expectation = activation === 'relu' ? 'exact' : 'gaussHermite' } = this.options;
    const proxied = { gamma, beta, betaProxy, gammaProxy, proxyEps };
    return proxyNorm(x, { groups, activation, expectation, eps, ...proxied });
  }

  override parameterRules(): ReadonlyMap<Tensor, ParameterRule> {
    const rule = { weightDecay: true };
    return new Map([
      [this.betaProxy, rule],
      [this.gammaProxy, rule],
    ]);
  }
}

/** GELU and SiLU, too, may follow. */
export interface ActivatedThen extends Then {
  activation?: ProxyActivation;
}
