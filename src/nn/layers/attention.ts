import {
  type AttentionOptions,
  attentionWeights,
  matmul,
  permute,
  reshape,
  type Tensor,
} from '../../autograd/index.ts';
import { requireTensor } from '../../autograd/inputs.ts';
import { checkCount, checkOptions } from '../../options.ts';
import { createRandom, type Random } from '../../random.ts';
import { constant, type Initializer, torchDefault, uniform, xavierUniform } from '../initializers.ts';
import { Module } from '../module.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';

export interface MultiHeadAttentionOptions {
  /** Features of the tokens that keys are made of; default: those of the queries. */
  keyFeatures?: number;
  /** Features of the tokens that values are made of; default: those of the queries. */
  valueFeatures?: number;
  /** Default: true. */
  bias?: boolean;
  /** Of the attention weights, while training; default: 0. */
  dropout?: number;
  random?: Random;
  /** Of all four weights; default: PyTorch's. */
  init?: Initializer;
}

/** What a query looks at. */
export interface Attended extends AttentionOptions {
  /** [N, S, keyFeatures]; default: the queries themselves (self-attention). */
  keys?: Tensor;
  /** [N, S, valueFeatures]; default: the keys. */
  values?: Tensor;
}

/**
 * Multi-head attention (Vaswani et al. 2017, section 3.2.2): queries, keys and values are projected, cut into heads that attend
 * each by itself with features / heads features, and what they find is joined and projected again.   queries [N, L, features],
 * keys [N, S, keyFeatures], values [N, S, valueFeatures] -> [N, L, features]. Masks broadcast to [N, heads, L, S]: one for each
 * sample is [N, 1, L, S], and one that hides the padding of each sample [N, 1, 1, S].
 *
 * PyTorch's in_proj_weight [3 features, features] is query, key and value one under the other, each transposed ([out, in]).
 * PyTorch's boolean attn_mask and key_padding_mask of nn.MultiheadAttention are true where a key is hidden: 1 - `allowed`.
 */
export class MultiHeadAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly weights = new AttentionWeights();
  readonly dropout: Dropout | null;

  constructor(
    readonly features: number,
    readonly heads: number,
    options: MultiHeadAttentionOptions = {},
  ) {
    super();
    checkCount('MultiHeadAttention', 'features', features);
    checkCount('MultiHeadAttention', 'heads', heads);
    checkOptions('MultiHeadAttention', options, [
      'keyFeatures',
      'valueFeatures',
      'bias',
      'dropout',
      'random',
      'init',
    ]);
    if (features % heads !== 0) {
      throw new Error(
        `MultiHeadAttention: ${features} features cannot be shared evenly by ${heads} heads: heads must divide features.`,
      );
    }
    const { keyFeatures = features, valueFeatures = features, bias, dropout = 0, random, init } = options;
    // PyTorch draws the three as one matrix where they are of one size
    const isOne = keyFeatures === features && valueFeatures === features;
    const limit = Math.sqrt(6 / (4 * features));
    const own = init ?? (isOne ? uniform({ low: -limit, high: limit }) : xavierUniform());
    const project = (from: number, weights: Initializer) =>
      new Linear(from, features, { bias, random, init: weights, biasInit: constant(0) });
    this.query = project(features, own);
    this.key = project(keyFeatures, own);
    this.value = project(valueFeatures, own);
    this.output = project(features, init ?? torchDefault());
    this.dropout = dropout > 0 ? new Dropout(dropout, random && createRandom(random.integer(2 ** 32))) : null;
  }

  forward(queries: Tensor, attended: Attended = {}): Tensor {
    return this.attend(queries, attended).output;
  }

  /** The same, and what each head looked at: weights [N, heads, L, S]. */
  attend(queries: Tensor, attended: Attended = {}): { output: Tensor; weights: Tensor } {
    checkOptions('MultiHeadAttention', attended, ['keys', 'values', 'causal', 'allowed', 'mask']);
    const { keys = queries, values = keys, causal, allowed, mask } = attended;
    const { features } = this;
    requireTokens(queries, features, 'queries', 'L');
    requireTokens(keys, this.key.inFeatures, 'keys', 'S');
    requireTokens(values, this.value.inFeatures, 'values', 'S');
    const [samples, steps] = queries.shape;
    const [q, k, v] = [this.query.forward(queries), this.key.forward(keys), this.value.forward(values)];
    const weights = this.weights.forward(this.#split(q), { key: this.#split(k), causal, allowed, mask });
    const found = matmul(this.dropout ? this.dropout.forward(weights) : weights, this.#split(v));
    const joined = reshape(permute(found, [0, 2, 1, 3]), [samples, steps, features]);
    return { output: this.output.forward(joined), weights };
  }

  /** [N, L, features] -> [N, heads, L, features / heads]. */
  #split(x: Tensor): Tensor {
    const [samples, steps, features] = x.shape;
    return permute(reshape(x, [samples, steps, this.heads, features / this.heads]), [0, 2, 1, 3]);
  }
}

/** A module of its own, so that who looks at the results of all layers sees these, the largest: heads L S numbers for a sample. */
class AttentionWeights extends Module {
  forward(query: Tensor, { key = query, ...which }: AttentionOptions & { key?: Tensor } = {}): Tensor {
    return attentionWeights(query, key, which);
  }
}

function requireTokens(x: Tensor, features: number, what: string, length: string): void {
  requireTensor('MultiHeadAttention', x, `${what} as a tensor [N, ${length}, ${features}]`);
  if (x.rank === 3 && x.shape[2] === features) return;
  throw new Error(
    `MultiHeadAttention: expected ${what} [N, ${length}, ${features}], got [${x.shape.join(', ')}]. The samples come first ` +
      "(PyTorch's batch_first), a single sequence is [1, ...].",
  );
}
