import { permute, reshape, type Tensor, wrap } from '../../autograd/index.ts';
import { evoNormB0 } from '../../nn/norm/activation/evoNormB0.ts';
import { evoNormS0 } from '../../nn/norm/activation/evoNormS0.ts';
import { filterResponseNorm } from '../../nn/norm/activation/filterResponseNorm.ts';
import type { ProxyActivation, ProxyExpectation } from '../../nn/norm/activation/proxyMoments.ts';
import { proxyNorm } from '../../nn/norm/activation/proxyNorm.ts';
import { dynamicErf } from '../../nn/norm/pointwise/dynamicErf.ts';
import { dynamicTanh } from '../../nn/norm/pointwise/dynamicTanh.ts';
import { layerScale } from '../../nn/norm/pointwise/layerScale.ts';
import { divisiveNorm } from '../../nn/norm/response/divisiveNorm.ts';
import { gdn } from '../../nn/norm/response/gdn.ts';
import { globalResponseNorm } from '../../nn/norm/response/globalResponseNorm.ts';
import { localResponseNorm } from '../../nn/norm/response/localResponseNorm.ts';
import { scaledWeightStandardization } from '../../nn/norm/weights/scaledWeightStandardization.ts';
import { powerIteration, spectralNorm } from '../../nn/norm/weights/spectralNorm.ts';
import { weightNormalization } from '../../nn/norm/weights/weightNormalization.ts';
import { weightStandardization } from '../../nn/norm/weights/weightStandardization.ts';
import type { Attributes } from '../attributes.ts';
import { channelsFirst, channelsLast, denseFirst, denseLast, kernelFirst, kernelLast } from '../border.ts';
import { type GoldenOp, type Inputs, optional } from './goldenOp.ts';

/** The norms that are not one standardization over index sets, and those of weights, by their golden names. */
export const otherNormOps: Readonly<Record<string, GoldenOp>> = {
  filterResponseNorm: onImages((x, inputs, a) =>
    filterResponseNorm(x, {
      ...affine(inputs),
      tau: optional(inputs, 'tau'),
      learnedEps: optional(inputs, 'learnedEps'),
      eps: a.number('eps', 1e-6),
    }),
  ),
  evoNormB0: onImages((x, inputs, a) => {
    const runningVar = a.flag('training', true) ? null : inputs.runningVar;
    return evoNormB0(x, { ...affine(inputs), v1: inputs.v1, eps: a.number('eps', 1e-5), runningVar });
  }),
  evoNormS0: onImages((x, inputs, a) =>
    evoNormS0(x, {
      ...affine(inputs),
      v1: inputs.v1,
      groups: a.number('groups'),
      eps: a.number('eps', 1e-5),
    }),
  ),
  proxyNorm: onImages((x, { gamma, beta, betaProxy, gammaProxy }, a) =>
    proxyNorm(x, {
      gamma,
      beta,
      betaProxy,
      gammaProxy,
      groups: a.number('groups', 1),
      activation: a.text('activation', 'relu') as ProxyActivation,
      expectation: expectation(a),
      eps: a.number('eps', 1e-5),
      proxyEps: a.number('proxyEps', 0.03),
    }),
  ),
  globalResponseNorm: onImages((x, { gamma, beta }, a) =>
    globalResponseNorm(x, { gamma, beta, eps: a.number('eps', 1e-6) }),
  ),
  localResponseNorm: onImages((x, _inputs, a) =>
    localResponseNorm(x, {
      size: a.number('size'),
      alpha: a.number('alpha', 1e-4),
      beta: a.number('beta', 0.75),
      k: a.number('k', 1),
      divideAlpha: a.flag('divideAlpha', true),
    }),
  ),
  divisiveNorm: ({ x, sigma }, a) => ({
    y: divisiveNorm(x, { meanPool: a.rows('meanPool'), variancePool: a.rows('variancePool'), sigma }),
  }),
  gdn: onImages((x, { beta, gamma }) => gdn(x, beta, gamma)),
  dynamicTanh: onImages((x, inputs) => {
    const { gamma, beta } = affine(inputs);
    return dynamicTanh(x, inputs.alpha, gamma, beta);
  }),
  dynamicErf: onImages((x, inputs) =>
    dynamicErf(x, { alpha: inputs.alpha, shift: inputs.shift, ...affine(inputs) }),
  ),
  layerScale: onImages((x, { gamma }) => layerScale(x, gamma)),

  weightStandardization: onWeight((weight, _inputs, a) =>
    weightStandardization(weight, {
      eps: a.number('eps', 1e-5),
      epsInside: a.flag('epsInside', true),
      ddof: a.flag('unbiased', false) ? 1 : 0,
    }),
  ),
  scaledWeightStandardization: onWeight((weight, { gain }, a) =>
    scaledWeightStandardization(weight, { gain, scale: a.number('scale', 1), eps: a.number('eps', 1e-4) }),
  ),
  weightNorm: onWeight((weight, { g }) => weightNormalization(weight, g)),
  spectralNorm: onWeight((weight, _inputs, a) => {
    const steps = a.number('powerIterations', 0);
    const u = Float64Array.from(a.list('u'));
    const pair = steps > 0 ? powerIteration(weight, u, steps) : { u, v: directionLast(a.list('v'), weight) };
    return spectralNorm(weight, pair.u, pair.v);
  }),
};

/** x [N, C, ...] and y with their channels last; the other inputs as they are. */
function onImages(fn: (x: Tensor, inputs: Inputs, a: Attributes) => Tensor): GoldenOp {
  return (inputs, a) => ({ y: channelsFirst(fn(channelsLast(inputs.x), inputs, a)) });
}

/** A weight [out, in / groups, kh, kw] or [out, in], and what becomes of it. */
function onWeight(fn: (weight: Tensor, inputs: Inputs, a: Attributes) => Tensor): GoldenOp {
  return (inputs, a) => {
    const isKernel = inputs.weight.rank === 4;
    const y = fn((isKernel ? kernelLast : denseLast)(inputs.weight), inputs, a);
    return { y: (isKernel ? kernelFirst : denseFirst)(y) };
  };
}

/** A vector over in, kh, kw, in the order of this side's weight [kh, kw, in, out]. */
function directionLast(v: readonly number[], { shape }: Tensor): Float64Array {
  const data = Float64Array.from(v);
  if (shape.length !== 4) return data;
  const [height, width, channels] = shape;
  const filter = reshape(wrap(data, [data.length]), [channels, height, width]);
  return Float64Array.from(permute(filter, [1, 2, 0]).data);
}

function expectation(a: Attributes): ProxyExpectation {
  const by = a.text('expectation', 'exact');
  if (by === 'quantiles') return { quantiles: a.number('samples', 200) };
  if (by === 'exact' || by === 'gaussHermite') return by;
  throw new Error(`attribute "expectation": one of exact, gaussHermite, quantiles, got "${by}"`);
}

/** gamma and beta per channel; null where the case has none. */
function affine(inputs: Inputs) {
  return { gamma: optional(inputs, 'gamma'), beta: optional(inputs, 'beta') };
}
