import { add, type Tensor } from '../../autograd/index.ts';
import { checkCount, checkOptions, requireFactory } from '../../options.ts';
import { createRandom, type Random } from '../../random.ts';
import { constant, type Initializer } from '../initializers.ts';
import { Module } from '../module.ts';
import type { Norm } from '../norm/core/norm.ts';
import { type ActivationName, activation } from './activation.ts';
import { type Attended, MultiHeadAttention } from './attention.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { Sequential } from './sequential.ts';

export interface TransformerBlockOptions {
  /** Features between the two dense layers; default: 4 times the block's. */
  hidden?: number;
  /** Default: relu. */
  activation?: ActivationName;
  /** The norm for so many features of a token; null (default): none. */
  norm?: (features: number) => Norm | null;
  /** 'before' attention and dense layers (pre-norm), or 'after' the sum with the residual (post-norm); default: 'before'. */
  normPlacement?: 'before' | 'after';
  /** Of the attention weights, between the dense layers, and of what both put out; default: 0. */
  dropout?: number;
  random?: Random;
  /** Of all weights; default: PyTorch's. Biases then begin at 0. */
  init?: Initializer;
}

const optionNames = ['hidden', 'activation', 'norm', 'normPlacement', 'dropout', 'random', 'init'];

/**
 * A block of a transformer's encoder: attention, then two dense layers for each token, both beside a shortcut.   x [N, L, features]
 * -> the same shape. With f one of the two:
 *
 *   after  (post-norm, Vaswani et al. 2017):                 y = norm(x + f(x))
 *   before (pre-norm, Wang et al. 2019, Xiong et al. 2020):  y = x + f(norm(x))
 *
 * Post-norm normalizes the shortcut, too: on its way back through L blocks the gradient passes 2 L norms, and what it is at the
 * last block follows its own size, not L. Pre-norm leaves the shortcut alone, so the sum grows with depth and the gradient of each
 * block's weights falls with 1 / sqrt(L) (Xiong et al. 2020, arXiv:2002.04745, theorem 1); the network needs a norm behind the
 * last block. PyTorch: nn.TransformerEncoderLayer with norm_first = (normPlacement === 'before').
 */
export class TransformerBlock extends Module {
  readonly attention: MultiHeadAttention;
  readonly norm1: Norm | null;
  readonly dense: Sequential;
  readonly norm2: Norm | null;
  readonly dropout1: Dropout | null;
  readonly dropout2: Dropout | null;
  readonly normPlacement: 'before' | 'after';

  constructor(
    readonly features: number,
    heads: number,
    options: TransformerBlockOptions = {},
  ) {
    super();
    checkCount('TransformerBlock', 'features', features);
    checkOptions('TransformerBlock', options, optionNames);
    const { hidden = 4 * features, norm = () => null, normPlacement = 'before', random, init } = options;
    const { activation: name = 'relu', dropout = 0 } = options;
    checkCount('TransformerBlock', 'hidden', hidden);
    requireFactory('TransformerBlock', norm);
    if (normPlacement !== 'before' && normPlacement !== 'after') {
      throw new Error(
        `TransformerBlock: normPlacement is 'before' or 'after', got ${String(normPlacement)}.`,
      );
    }
    const drop = () =>
      dropout > 0 ? new Dropout(dropout, random && createRandom(random.integer(2 ** 32))) : null;
    const weights = { random, ...(init && { init, biasInit: constant(0) }) };
    this.attention = new MultiHeadAttention(features, heads, { random, init, dropout });
    this.norm1 = norm(features);
    this.dropout1 = drop();
    const between = drop();
    this.dense = new Sequential([
      new Linear(features, hidden, weights),
      activation(name),
      ...(between ? [between] : []),
      new Linear(hidden, features, weights),
    ]);
    this.norm2 = norm(features);
    this.dropout2 = drop();
    this.normPlacement = normPlacement;
  }

  /** `attended`: the mask of the attention, and keys and values of another sequence in place of x. */
  forward(x: Tensor, attended: Attended = {}): Tensor {
    const attend = (h: Tensor) => this.attention.forward(h, attended);
    const y = this.#beside(x, this.norm1, attend, this.dropout1);
    return this.#beside(y, this.norm2, (h) => this.dense.forward(h), this.dropout2);
  }

  #beside(x: Tensor, norm: Norm | null, f: (h: Tensor) => Tensor, dropout: Dropout | null): Tensor {
    const isBefore = this.normPlacement === 'before';
    const branch = f(norm && isBefore ? norm.forward(x) : x);
    const y = add(x, dropout ? dropout.forward(branch) : branch);
    return norm && !isBefore ? norm.forward(y) : y;
  }
}
