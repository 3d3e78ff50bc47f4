import { noGrad, parameter, type Tensor } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import { requireFields } from '../../../options.ts';
import { inverse, mul, neg, read, sqrt, square, sum } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { checkNorm } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { checkFilters, filterSets, WeightNorm } from './normOfWeights.ts';

/**
 * Weight normalization (Salimans and Kingma 2016, arXiv:1602.07868): length and direction of a filter are learned apart.
 *
 * S_i = the weights v of one filter, and their length. Depends on no data, unless g and the bias are set from a first batch
 * (initializeFromData); training and evaluation are the same.
 */
export function weightNormalization(v: Tensor, g: Tensor): Tensor {
  requireTensor('weightNormalization', v);
  return rule('weightNormalization', filterSets(v.shape), { x: v, g }, {}, ({ x: v, g }, norm) => {
    const length = norm.statistic('length', () => sqrt(sum(square(v))));
    const overLength = inverse(length); // a filter of zeros has no direction: 0 is taken
    const vHat = mul(v, overLength);
    norm.steps({ vHat });

    return [
      mul(g, vHat),
      (dw) => {
        const dvHat = mul(g, dw);
        const dlength = neg(mul(sum(mul(dvHat, vHat)), overLength));
        norm.steps({ dvHat, dlength });
        return {
          x: () =>
            norm.paths({
              direct: mul(dvHat, overLength),
              length: mul(dlength, vHat), // dlength/dv = vHat
            }),
          g: () => mul(dw, vHat),
        };
      },
    ];
  }).y;
}

/** Weight normalization of `features` filters. g = |v| at first, so that the layer begins as it was. */
export class WeightNormalization extends WeightNorm {
  readonly g: Tensor;

  constructor(readonly features: number) {
    super();
    checkNorm('WeightNormalization', features, {});
    this.g = parameter(new Float32Array(features).fill(1), [features]);
  }

  override initialize(v: Tensor): void {
    this.g.set(sqrt(sum(square(read(v, v, filterSets(v.shape))))).data);
  }

  forward(weight: Tensor): Tensor {
    checkFilters('WeightNormalization', weight, this.features);
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
  requireFields('initializeFromData', layer, 'a layer', ['weight', 'forward']);
  const { weightNorm: norm, bias } = layer;
  if (!(norm instanceof WeightNormalization)) {
    throw new Error(
      'initializeFromData: the layer has no weight-norm. Apply it first: normalizeWeights(model, "weight-norm").',
    );
  }
  const filters = norm.features;
  const scales = new Array<number>(filters).fill(1);
  const shifts = new Array<number>(filters).fill(0);
  norm.g.set(scales);
  bias?.set(shifts);
  const t = noGrad(() => layer.forward(x));
  const count = t.size / filters;
  for (let f = 0; f < filters; f++) {
    let mean = 0;
    for (let i = f; i < t.size; i += filters) mean += t.data[i] / count;
    let variance = 0;
    for (let i = f; i < t.size; i += filters) variance += (t.data[i] - mean) ** 2 / count;
    scales[f] = variance > 0 ? 1 / Math.sqrt(variance) : 1;
    shifts[f] = -mean * scales[f];
  }
  norm.g.set(scales);
  bias?.set(shifts);
  return noGrad(() => layer.forward(x));
}

export const weightNorm = defineNorm({
  name: 'weight-norm',
  title: 'Weight Norm',
  paper: 'Salimans and Kingma 2016, arXiv:1602.07868',
  kind: 'weight',
  sets: 'the weights of one filter',
  parameters: 'g [out]',
  traps: [
    'dv stands at right angles to v, so every step makes v longer and the next one smaller.',
    'A filter of zeros has no direction, 0/0; here w = 0, dv = 0 and dg = 0 for it, so it stays.',
    'Weight decay on v only changes the step size.',
  ],
  golden: { weightNorm: { layout: 'weight', run: ({ x, g }) => weightNormalization(x, g) } },
  source: 'weights/weightNormalization.ts',
  build: (features) => new WeightNormalization(features),
});
