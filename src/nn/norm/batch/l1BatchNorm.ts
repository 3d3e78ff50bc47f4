import type { Tensor } from '../../../autograd/index.ts';
import {
  AbsoluteBatchNorm,
  type AbsoluteCall,
  type AbsoluteOptions,
  type AbsoluteScale,
  absoluteBatchNorm,
} from './absoluteBatchNorm.ts';

/**
 * L1 batch normalization (Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814; Wu et al. 2018, arXiv:1802.09769).
 *
 * Index set   S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions; m = N H W.
 * Forward     mu = (1/m) sum x,  s = sqrt(pi/2) (1/m) sum |x - mu|, which of normal numbers is their standard deviation,
 *             xHat = (x - mu) / (s + eps),  y = gamma xHat + beta
 * Backward    g = gamma dy, h = sign(x - mu), t = s + eps. Directly g / t; through mu and through s:
 *               dmu = -(1/t) sum(g),  ds = -(1/t) sum(g xHat),  ds/dx = sqrt(pi/2)/m (h - mean(h))
 *               dx = (1/t) ( g - mean(g) ) + ds sqrt(pi/2)/m (h - mean(h))
 *               dgamma = sum dy xHat,  dbeta = sum dy
 * Evaluation  mu and s are the running ones, constants: dx = gamma dy / (runningScale + eps).
 *
 * Depends on the batch while training. No squares and no roots: it survives half precision. Traps: mu reaches s too, hence
 * mean(h), which is 0 only where as many values lie above the mean as below; no derivative at x = mu (0 is taken).
 */
export function l1BatchNorm(x: Tensor, set: AbsoluteCall): Tensor {
  return absoluteBatchNorm(x, l1Scale, set);
}

const l1Scale: AbsoluteScale = {
  name: 'L1BatchNorm',
  factor: (m) => Math.sqrt(Math.PI / 2) / m,
  counts: null,
};

/** L1 batch normalization of [N, C] or [N, H, W, C], C = features. */
export class L1BatchNorm extends AbsoluteBatchNorm {
  constructor(features: number, options: AbsoluteOptions = {}) {
    super(features, options, l1Scale);
  }
}
