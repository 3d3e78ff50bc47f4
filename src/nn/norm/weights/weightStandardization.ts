import { standardize, type Tensor } from '../../../autograd/index.ts';
import { checkFilters, filterSets, WeightNorm } from './normOfWeights.ts';

/**
 * Weight Standardization (Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520).
 *
 * Index set   S_i = the weights of one filter; m = kh kw in, the fan-in.
 * Forward     mu = (1/m) sum W,  v = sum (W - mu)^2 / (m - ddof),  wHat = (W - mu) / sigma; no gamma, no beta.
 *             sigma = sqrt(v + eps), or with eps outside the root sqrt(v) + eps
 * Backward    g = dL/dwHat. W reaches wHat directly, through mu and through sigma, as x does in BatchNorm:
 *               dW = (1/sigma) ( g - mean(g) - wHat sum(g wHat) / (m - ddof) )
 *             with eps outside the root the last term is times sigma / sqrt(v), and absent where v = 0
 *
 * Depends on no data. Traps: the authors' code takes the unbiased deviation with eps outside, timm the biased one with eps
 * inside; unbiased, a filter of a single weight is 0/0, so it throws; the scale of what comes out grows with the fan-in,
 * so it wants a norm behind it; to overwrite W by wHat instead of differentiating is another algorithm.
 */
export function weightStandardization(weight: Tensor, set: WeightStandardizationCall): Tensor {
  const view = filterSets(weight.shape);
  if (view.p === 1 && set.ddof === 1) {
    throw new Error(
      `WeightStandardization: the filters of a weight [${weight.shape.join(', ')}] have one number each, whose unbiased ` +
        'deviation is 0/0. Use ddof 0, or leave this layer out.',
    );
  }
  return standardize(weight, view, set);
}

export interface WeightStandardizationCall {
  eps: number;
  epsInside: boolean;
  ddof: 0 | 1;
}

/** Weight Standardization of `features` filters. Unless told otherwise timm's convention; the authors': `original`. */
export class WeightStandardization extends WeightNorm {
  /** The convention of the authors' code. */
  static readonly original: WeightStandardizationCall = { eps: 1e-5, epsInside: false, ddof: 1 };

  constructor(
    readonly features: number,
    readonly options: Partial<WeightStandardizationCall> = {},
  ) {
    super();
  }

  forward(weight: Tensor): Tensor {
    checkFilters('WeightStandardization', weight.shape, this.features);
    return weightStandardization(weight, { eps: 1e-6, epsInside: true, ddof: 0, ...this.options });
  }
}
