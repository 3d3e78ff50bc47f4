import { concat, reshape, slice, type Tensor, zeros } from '../../autograd/index.ts';
import { requireTensor } from '../../autograd/inputs.ts';
import { checkCount, checkFlag, checkOptions } from '../../options.ts';
import { createRandom, defaultRandom, type Random } from '../../random.ts';
import { uniform } from '../initializers.ts';
import { Module } from '../module.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';

/** What Gru and Lstm share: layers, directions, states. The cells have the formulas. */

export interface RecurrentOptions {
  /** One on top of the other; default: 1. */
  layers?: number;
  /** Reads from both ends; each step's output is then [forward, backward], 2 hidden numbers. Default: false. */
  bidirectional?: boolean;
  /** Of the sums of the input and of the state, each its own, as in PyTorch; default: true. */
  bias?: boolean;
  /** Of what goes from layer to layer, while training; default: 0. */
  dropout?: number;
  random?: Random;
}

/** From the input [N, in] of a step and the state to the next state, whose first tensor is the output [N, hidden]. */
export type Step = (x: Tensor, state: readonly Tensor[]) => Tensor[];

/** The weights of one layer in one direction. */
export abstract class Cell extends Module {
  /** Of the input: weight [in, gates hidden]. PyTorch's weight_ih is its transpose. */
  readonly inputSums: Linear;
  /** Of the state: weight [hidden, gates hidden]. PyTorch's weight_hh is its transpose. */
  readonly stateSums: Linear;

  constructor(inFeatures: number, hidden: number, gates: number, { bias, random }: RecurrentOptions) {
    super();
    const limit = 1 / Math.sqrt(hidden);
    const init = uniform({ low: -limit, high: limit });
    const options = { bias, random, init, biasInit: init };
    this.inputSums = new Linear(inFeatures, gates * hidden, options);
    this.stateSums = new Linear(hidden, gates * hidden, options);
  }

  /** A step with weights that are the same for a whole sequence: a norm of weights works once for all steps. */
  abstract steps(): Step;

  /** Of the input alone: the output of a cell depends on a state, too (Gru and Lstm have it). */
  forward(x: Tensor): Tensor {
    return this.inputSums.forward(x);
  }
}

const optionNames = ['layers', 'bidirectional', 'bias', 'dropout', 'random'];

export abstract class Recurrent extends Module {
  readonly layers: number;
  readonly bidirectional: boolean;
  /** Layer by layer, in each forward and then backward. */
  readonly cells: readonly Cell[];
  /** Between the layers. */
  readonly dropouts: readonly Dropout[];

  constructor(
    readonly inFeatures: number,
    readonly hidden: number,
    options: RecurrentOptions,
    /** How many tensors [N, hidden] a state has. */
    private readonly stateNames: readonly string[],
    cell: (inFeatures: number, hidden: number, options: RecurrentOptions) => Cell,
  ) {
    super();
    const name = this.constructor.name;
    checkCount(name, 'inFeatures', inFeatures);
    checkCount(name, 'hidden', hidden);
    checkOptions(name, options, optionNames);
    const { layers = 1, bidirectional = false, dropout = 0, random = defaultRandom() } = options;
    checkCount(name, 'layers', layers);
    checkFlag(name, 'bidirectional', bidirectional);
    this.layers = layers;
    this.bidirectional = bidirectional;
    const directions = bidirectional ? 2 : 1;
    this.cells = Array.from({ length: layers * directions }, (_, i) =>
      cell(i < directions ? inFeatures : directions * hidden, hidden, { ...options, random }),
    );
    this.dropouts =
      dropout > 0
        ? this.cells
            .slice(0, layers - 1)
            .map(() => new Dropout(dropout, createRandom(random.integer(2 ** 32))))
        : [];
  }

  /** The output of the last layer at every step: [N, T, in] -> [N, T, hidden], or 2 hidden in both directions. */
  forward(x: Tensor): Tensor {
    return this.read(x, []).output;
  }

  /** `start`: the states before the first step, each [layers directions, N, hidden]; without them all 0. */
  protected read(x: Tensor, start: readonly (Tensor | undefined)[]): { output: Tensor; last: Tensor[] } {
    const { layers, hidden, cells } = this;
    requireTensor(this.constructor.name, x);
    const [samples, length] = x.shape;
    if (x.rank !== 3 || x.shape[2] !== this.inFeatures || length === 0) {
      throw new Error(
        `${this.#name()}: expected [N, T, ${this.inFeatures}] with T of at least 1, got [${x.shape.join(', ')}]. The samples ` +
          "come first (PyTorch's batch_first), a single sequence is [1, T, ...].",
      );
    }
    const begin = this.stateNames.map((what, i) => this.#startOf(what, start[i], x));
    const last: Tensor[][] = [];
    let steps = splitSteps(x);
    for (let layer = 0; layer < layers; layer++) {
      const directions = cells.length / layers;
      const read = Array.from({ length: directions }, (_, direction) => {
        const at = layer * directions + direction;
        const step = cells[at].steps();
        let state: Tensor[] = begin.map((each) => each[at]);
        const order = direction === 0 ? steps : [...steps].reverse();
        const outputs = order.map((each) => {
          state = step(each, state);
          return state[0];
        });
        last.push(state);
        return direction === 0 ? outputs : outputs.reverse();
      });
      steps = directions === 1 ? read[0] : read[0].map((each, t) => concat([each, read[1][t]], 1));
      const dropout = layer < layers - 1 ? this.dropouts[layer] : undefined;
      if (dropout) steps = steps.map((each) => dropout.forward(each));
    }
    const features = (hidden * cells.length) / layers;
    return {
      output: concat(
        steps.map((each) => reshape(each, [samples, 1, features])),
        1,
      ),
      last: begin.map((_, i) =>
        concat(
          last.map((state) => reshape(state[i], [1, samples, hidden])),
          0,
        ),
      ),
    };
  }

  /** The state of every cell, [N, hidden]. */
  #startOf(what: string, given: Tensor | undefined, x: Tensor): Tensor[] {
    const [count, samples] = [this.cells.length, x.shape[0]];
    const size = [samples, this.hidden];
    if (given === undefined) return this.cells.map(() => zeros(size, { dtype: x.dtype }));
    requireTensor(this.#name(), given, `${what} as a tensor`);
    if (given.shape.join() !== [count, ...size].join()) {
      throw new Error(
        `${this.#name()}: ${what} is [layers times directions, N, hidden], here [${[count, ...size].join(', ')}]; got ` +
          `[${given.shape.join(', ')}].`,
      );
    }
    return this.cells.map((_, i) => reshape(slice(given, [i, 0, 0], [1, -1, -1]), size));
  }

  #name(): string {
    return `${this.constructor.name}(in=${this.inFeatures}, hidden=${this.hidden})`;
  }
}

/**
 * [N, T, C] as T tensors [N, C]. By halves: the gradient of a part is as long as what it was cut from, so to cut each step from
 * the whole would make T gradients of T steps.
 */
function splitSteps(x: Tensor): Tensor[] {
  const [samples, length, features] = x.shape;
  if (length === 1) return [reshape(x, [samples, features])];
  const half = Math.ceil(length / 2);
  const part = (from: number, size: number) => splitSteps(slice(x, [0, from, 0], [samples, size, features]));
  return [...part(0, half), ...part(half, length - half)];
}
