import { checkNumber } from '../options.ts';
import { add, div, mul } from './arithmetic.ts';
import { normalizeAxis } from './axes.ts';
import { abs, affine, clamp, elu, neg, relu, sigmoid, softplus } from './elementwise.ts';
import { requireOneDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { slice } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** Activations that are made of others, and so have their gradients from them. */

/** y = min(max(x, 0), 6) (Howard et al. 2017).   The gradient passes from 0 to 6. */
export const relu6 = (x: Tensor) => clamp(x, 0, 6);

/** y = min(max(x, low), high), the tanh of straight lines.   The gradient passes from low to high. */
export const hardtanh = (x: Tensor, low = -1, high = 1) => clamp(x, low, high);

/** Klambauer et al. 2017 derive these numbers: with them mean 0 and variance 1 are a fixed point of a layer. */
const [SELU_ALPHA, SELU_SCALE] = [1.6732632423543772, 1.0507009873554805];

/** y = scale x where x > 0, scale alpha (e^x - 1) elsewhere, with alpha = 1.6733 and scale = 1.0507. */
export const selu = (x: Tensor) => affine(elu(x, SELU_ALPHA), SELU_SCALE, 0);

/** y = x where x > 0, alpha (e^(x / alpha) - 1) elsewhere: smooth for every alpha (Barron 2017). */
export function celu(x: Tensor, alpha = 1): Tensor {
  checkNumber('celu', 'alpha', alpha);
  if (alpha === 0) throw new Error('celu: alpha must not be 0.');
  return affine(elu(affine(x, 1 / alpha, 0)), alpha, 0);
}

/**
 * y = x where x > 0, slope x elsewhere, with slopes that are learned (He et al. 2015): one, or one for each channel, the last axis.
 * dx = dy or slope dy, dslope = the sum of dy x over the x below 0.
 */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  requireOneDType('prelu', x, slope);
  if (slope.size !== 1 && (slope.rank !== 1 || slope.size !== x.shape.at(-1))) {
    throw new Error(
      `prelu: the slope is one number or one for each channel, the last axis of [${x.shape.join(', ')}]; got ` +
        `[${slope.shape.join(', ')}].`,
    );
  }
  return add(relu(x), mul(slope, clamp(x, -Infinity, 0)));
}

/** y = ln sigmoid(x) = -ln(1 + e^-x), without overflow. */
export const logsigmoid = (x: Tensor) => neg(softplus(neg(x)));

/** y = x / (1 + |x|).   dx = dy / (1 + |x|)^2. */
export const softsign = (x: Tensor) => div(x, affine(abs(x), 1, 1));

/** The first half of an axis times the sigmoid of the second (Dauphin et al. 2017); default: the last axis. */
export function glu(x: Tensor, axis = -1): Tensor {
  requireTensor('glu', x);
  const at = normalizeAxis('glu', axis, x.rank);
  if (x.shape[at] % 2 !== 0) {
    throw new Error(`glu: axis ${at} of [${x.shape.join(', ')}] has no halves: its length must be even.`);
  }
  const size = x.shape.map((length, i) => (i === at ? length / 2 : length));
  const half = (from: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === at ? from : 0)),
      size,
    );
  return mul(half(0), sigmoid(half(size[at])));
}
