import { add, linear, mul, sigmoid, slice, type Tensor, tanh } from '../../autograd/index.ts';
import { Cell, Recurrent, type RecurrentOptions, type Step } from './recurrent.ts';
import { effectiveWeight } from './weights.ts';

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; with the forget gate of Gers et al. 2000) as in PyTorch and Keras. The
 * sums Wi x + bi + Wh h + bh have four parts in the order i, f, g, o (PyTorch's weight_ih and weight_hh, row by row):
 *
 *   i, f, o = sigmoid( ... ),   g = tanh( ... )        what to let in, what to keep, what to show; what is new
 *   c = f c + i g,   h = o tanh(c)
 *
 * x [N, T, in] -> forward: the outputs of all steps [N, T, hidden]; run: also the last h and c. Backward: the graph of all steps,
 * unrolled; along c the gradient is only multiplied by f.
 */
export class Lstm extends Recurrent {
  constructor(inFeatures: number, hidden: number, options: RecurrentOptions = {}) {
    super(inFeatures, hidden, options, ['hidden', 'cell'], (...size) => new LstmCell(...size));
  }

  /** hidden and cell: [layers directions, N, hidden], before the first step (default: 0) and after the last. */
  run(
    x: Tensor,
    start: { hidden?: Tensor; cell?: Tensor } = {},
  ): { output: Tensor; hidden: Tensor; cell: Tensor } {
    const { output, last } = this.read(x, [start.hidden, start.cell]);
    return { output, hidden: last[0], cell: last[1] };
  }
}

class LstmCell extends Cell {
  constructor(
    inFeatures: number,
    readonly hidden: number,
    options: RecurrentOptions = {},
  ) {
    super(inFeatures, hidden, 4, options);
  }

  steps(): Step {
    const { inputSums, stateSums, hidden } = this;
    const [ofInput, ofState] = [effectiveWeight(inputSums), effectiveWeight(stateSums)];
    return (x, [h, c]) => {
      const sums = add(linear(x, ofInput, inputSums.bias), linear(h, ofState, stateSums.bias));
      const part = (i: number, count = 1) => slice(sums, [0, i * hidden], [-1, count * hidden]);
      const gates = sigmoid(part(0, 2));
      const [i, f] = [0, hidden].map((from) => slice(gates, [0, from], [-1, hidden]));
      const next = add(mul(f, c), mul(i, tanh(part(2))));
      return [mul(sigmoid(part(3)), tanh(next)), next];
    };
  }
}
