import {
  add,
  linear,
  mul,
  reshape,
  sigmoid,
  slice,
  sub,
  type Tensor,
  tanh,
  zeros,
} from '../../autograd/index.ts';
import { requireTensor } from '../../autograd/inputs.ts';
import { checkCount, checkOptions, requireFactory } from '../../options.ts';
import type { Random } from '../../random.ts';
import { Module } from '../module.ts';
import { Linear } from './linear.ts';
import type { SequenceNorm } from './sequenceNorm.ts';
import { effectiveWeight } from './weights.ts';

export interface NormalizedGruOptions {
  /** The norm for so many features; null (default): none. */
  norm?: (features: number) => SequenceNorm | null;
  /** Of the sums of the input; default: true. Beside a norm with a beta it has nothing to do. */
  bias?: boolean;
  random?: Random;
}

/**
 * A gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) with a norm on its summed inputs, placed as in Ba, Kiros and
 * Hinton 2016 (arXiv:1607.06450, supplementary material, "GRU"). Step t reads x_t and the state h_{t-1}; h_0 = 0:
 *
 *   z, r = sigmoid( norm1(Wh h) + norm2(Wx x) )              how much to update, how much of the state to see
 *   c    = tanh( norm3(W x) + r * norm4(U h) )               the candidate
 *   h    = (1 - z) h + z c  =  h + z (c - h)
 *
 * What comes from the input and what comes from the state are normalized apart: an input of another size than the state
 * would otherwise drown it. The state itself is not normalized: it must be able to stay as it is. LayerNorm asks nothing
 * more: each step of each sample has its own statistics, in training and evaluation. BatchNorm does not fit (sequenceNorm.ts).
 *
 * Backward: the graph of all steps, unrolled; each weight's gradient is the sum over the steps. x [N, T, in], or images
 * [N, H, W, C] read row by row (T = H, in = W C) -> the last state [N, hidden].
 */
export class NormalizedGru extends Module {
  readonly inputGates: Linear;
  readonly stateGates: Linear;
  readonly inputCandidate: Linear;
  readonly stateCandidate: Linear;
  /** norm1 to norm4. */
  readonly stateGatesNorm: SequenceNorm | null;
  readonly inputGatesNorm: SequenceNorm | null;
  readonly inputCandidateNorm: SequenceNorm | null;
  readonly stateCandidateNorm: SequenceNorm | null;

  constructor(
    readonly inFeatures: number,
    readonly hidden: number,
    options: NormalizedGruOptions = {},
  ) {
    super();
    checkCount('NormalizedGru', 'inFeatures', inFeatures);
    checkCount('NormalizedGru', 'hidden', hidden);
    checkOptions('NormalizedGru', options, ['norm', 'bias', 'random']);
    const { norm = () => null, bias = true, random } = options;
    requireFactory('NormalizedGru', norm);
    this.inputGates = new Linear(inFeatures, 2 * hidden, { bias, random });
    this.stateGates = new Linear(hidden, 2 * hidden, { bias: false, random });
    this.inputCandidate = new Linear(inFeatures, hidden, { bias, random });
    this.stateCandidate = new Linear(hidden, hidden, { bias: false, random });
    this.stateGatesNorm = norm(2 * hidden);
    this.inputGatesNorm = norm(2 * hidden);
    this.inputCandidateNorm = norm(hidden);
    this.stateCandidateNorm = norm(hidden);
  }

  forward(x: Tensor): Tensor {
    requireTensor('NormalizedGru', x);
    const [samples, steps] = x.shape;
    const { inFeatures, hidden } = this;
    if (x.rank < 3 || x.size !== samples * steps * inFeatures) {
      throw new Error(
        `NormalizedGru(in=${inFeatures}, hidden=${hidden}): expected [N, T, ${inFeatures}] or images [N, H, W, C] with W C = ` +
          `${inFeatures}, got [${x.shape.join(', ')}].`,
      );
    }
    const rows = reshape(x, [samples, steps, inFeatures]);
    const step = this.#step();
    let state = zeros([samples, hidden], { dtype: x.dtype });
    for (let t = 0; t < steps; t++) {
      const row = reshape(slice(rows, [0, t, 0], [samples, 1, inFeatures]), [samples, inFeatures]);
      state = step(row, state, t);
    }
    return state;
  }

  /** One step with weights that are the same in all of them: a norm of weights works once per sequence. */
  #step(): (x: Tensor, h: Tensor, t: number) => Tensor {
    const summed = (layer: Linear, norm: SequenceNorm | null) => {
      const weight = effectiveWeight(layer);
      return (x: Tensor, t: number) => {
        const sum = linear(x, weight, layer.bias);
        return norm ? norm.at(t, sum) : sum;
      };
    };
    const stateGates = summed(this.stateGates, this.stateGatesNorm);
    const inputGates = summed(this.inputGates, this.inputGatesNorm);
    const inputCandidate = summed(this.inputCandidate, this.inputCandidateNorm);
    const stateCandidate = summed(this.stateCandidate, this.stateCandidateNorm);
    const size = this.hidden;
    return (x, h, t) => {
      const gates = sigmoid(add(stateGates(h, t), inputGates(x, t)));
      const [z, r] = [0, size].map((from) => slice(gates, [0, from], [-1, size]));
      const candidate = tanh(add(inputCandidate(x, t), mul(r, stateCandidate(h, t))));
      return add(h, mul(z, sub(candidate, h)));
    };
  }
}
