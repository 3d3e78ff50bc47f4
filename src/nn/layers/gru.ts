import { add, linear, mul, sigmoid, slice, sub, type Tensor, tanh } from '../../autograd/index.ts';
import { Cell, Recurrent, type RecurrentOptions, type Step } from './recurrent.ts';
import { effectiveWeight } from './weights.ts';

/**
 * A gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) as in PyTorch and cuDNN. With sums of the input Wi x + bi and of the
 * state Wh h + bh, each of three parts in the order r, z, n (PyTorch's weight_ih and weight_hh, row by row):
 *
 *   r, z = sigmoid( Wi x + bi + Wh h + bh )            how much of the state to see, how much of it to keep
 *   n    = tanh( Wi x + bi + r * (Wh h + bh) )         the candidate
 *   h    = (1 - z) n + z h  =  n + z (h - n)
 *
 * x [N, T, in] -> forward: the outputs of all steps [N, T, hidden]; run: also the last state. Backward: the graph of all steps,
 * unrolled. NormalizedGru has norms on its sums, and z the other way round.
 */
export class Gru extends Recurrent {
  constructor(inFeatures: number, hidden: number, options: RecurrentOptions = {}) {
    super(inFeatures, hidden, options, ['hidden'], (...size) => new GruCell(...size));
  }

  /** hidden: [layers directions, N, hidden], before the first step (default: 0) and after the last. */
  run(x: Tensor, start: { hidden?: Tensor } = {}): { output: Tensor; hidden: Tensor } {
    const { output, last } = this.read(x, [start.hidden]);
    return { output, hidden: last[0] };
  }
}

class GruCell extends Cell {
  constructor(
    inFeatures: number,
    readonly hidden: number,
    options: RecurrentOptions = {},
  ) {
    super(inFeatures, hidden, 3, options);
  }

  steps(): Step {
    const { inputSums, stateSums, hidden } = this;
    const [ofInput, ofState] = [effectiveWeight(inputSums), effectiveWeight(stateSums)];
    return (x, [h]) => {
      const fromInput = linear(x, ofInput, inputSums.bias);
      const fromState = linear(h, ofState, stateSums.bias);
      const gates = sigmoid(add(part(fromInput, 0, 2 * hidden), part(fromState, 0, 2 * hidden)));
      const [r, z] = [part(gates, 0, hidden), part(gates, hidden, hidden)];
      const [ni, nh] = [part(fromInput, 2 * hidden, hidden), part(fromState, 2 * hidden, hidden)];
      const n = tanh(add(ni, mul(r, nh)));
      return [add(n, mul(z, sub(h, n)))];
    };
  }
}

const part = (x: Tensor, from: number, size: number) => slice(x, [0, from], [-1, size]);
