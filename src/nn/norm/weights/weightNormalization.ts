import { noGrad, parameter, record, type Tensor } from '../../../autograd/index.ts';
import { arithmetic, small } from '../core/arithmetic.ts';
import { checkFilters, WeightNorm } from './normOfWeights.ts';

/**
 * Weight normalization (Salimans and Kingma 2016, arXiv:1602.07868): length and direction of a filter are learned apart.
 *
 * Index set   S_i = the weights v of one filter.
 * Forward     vHat = v / |v|,  w = g vHat, |v| the Euclidean length
 * Backward    dg = sum dw vHat. v reaches w directly and through |v|, d|v|/dv = vHat:
 *               dv = (g / |v|) ( dw - vHat sum(dw vHat) )
 *             dv stands at right angles to v, so every step makes v longer and the next one smaller
 *
 * Depends on no data, unless g and the bias are set from a first batch (initializeFromData). Traps: a filter of zeros has no
 * direction, 0/0; here w = 0, dv = 0 and dg = 0 for it, so it stays; weight decay on v only changes the step size.
 */
export function weightNormalization(v: Tensor, g: Tensor): Tensor {
  const { sub, mul, sum } = arithmetic(v);
  const fanIn = v.shape.slice(0, -1).map((_, axis) => axis);
  const lengths = filterLengths(v);
  const overLength = small(
    v,
    g.shape,
    lengths.map((length) => (length === 0 ? 0 : 1 / length)),
  );
  const direction = mul(v, overLength);

  return record('weightNormalization', mul(direction, g), [v, g], (dw) => {
    const along = sum(mul(dw, direction), fanIn);
    return [
      () => mul(sub(dw, mul(direction, along)), mul(g, overLength)),
      () => ({ shape: g.shape, data: along.data }),
    ];
  });
}

/** |v| of every filter, in double. */
function filterLengths(v: Tensor): Float64Array {
  const filters = v.shape[v.rank - 1];
  const squares = new Float64Array(filters);
  for (let i = 0; i < v.size; i++) squares[i % filters] += v.data[i] ** 2;
  return squares.map(Math.sqrt);
}

/** Weight normalization of `features` filters. g = |v| at first, so that the layer begins as it was. */
export class WeightNormalization extends WeightNorm {
  readonly g: Tensor;

  constructor(readonly features: number) {
    super();
    this.g = parameter(new Float32Array(features).fill(1), [features]);
  }

  override initialize(weight: Tensor): void {
    this.g.data.set(filterLengths(weight));
  }

  forward(weight: Tensor): Tensor {
    checkFilters('WeightNormalization', weight.shape, this.features);
    return weightNormalization(weight, this.g);
  }
}

/** A dense or convolutional layer, as far as initializeFromData needs it. */
interface NormalizedLayer {
  readonly bias: Tensor | null;
  weightNorm: WeightNorm | null;
  forward(x: Tensor): Tensor;
}

/**
 * Data-dependent initialization (section 3 of the paper): sets g and the bias so that the layer's output t has mean 0 and
 * variance 1 per filter over the batch x: g = 1 / std(t) and bias = -mean(t) / std(t), with t = v x / |v|. Returns the
 * layer's new output, the input of what comes next. A filter whose t does not vary keeps g = 1.
 */
export function initializeFromData(layer: NormalizedLayer, x: Tensor): Tensor {
  const { weightNorm: norm, bias } = layer;
  if (!(norm instanceof WeightNormalization)) {
    throw new Error(
      'initializeFromData: the layer has no weight-norm. Apply it first: normalizeWeights(model, "weight-norm").',
    );
  }
  norm.g.data.fill(1);
  bias?.data.fill(0);
  const t = noGrad(() => layer.forward(x));
  const filters = norm.features;
  const count = t.size / filters;
  for (let f = 0; f < filters; f++) {
    let mean = 0;
    for (let i = f; i < t.size; i += filters) mean += t.data[i] / count;
    let variance = 0;
    for (let i = f; i < t.size; i += filters) variance += (t.data[i] - mean) ** 2 / count;
    const scale = variance > 0 ? 1 / Math.sqrt(variance) : 1;
    norm.g.data[f] = scale;
    if (bias) bias.data[f] = -mean * scale;
  }
  return noGrad(() => layer.forward(x));
}
