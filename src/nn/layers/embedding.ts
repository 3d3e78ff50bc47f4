import { embedding, type Indices, type Tensor } from '../../autograd/index.ts';
import { checkCount, checkOptions } from '../../options.ts';
import type { Random } from '../../random.ts';
import { type Initializer, normal } from '../initializers.ts';
import { Module } from '../module.ts';
import { weightAndBias } from './weights.ts';

export interface EmbeddingOptions {
  random?: Random;
  /** Default: N(0, 1), as in PyTorch. */
  init?: Initializer;
  /** A row that starts as zeros and never gets a gradient: what sequences are filled up with. */
  paddingIndex?: number | null;
}

/** A learned row for each index: whole numbers [...] of 0 to count - 1 -> [..., features]. weight [count, features]. */
export class Embedding extends Module {
  readonly weight: Tensor;
  readonly paddingIndex: number | null;

  constructor(
    readonly count: number,
    readonly features: number,
    options: EmbeddingOptions = {},
  ) {
    super();
    checkCount('Embedding', 'count', count);
    checkCount('Embedding', 'features', features);
    checkOptions('Embedding', options, ['random', 'init', 'paddingIndex']);
    const { random, init = normal({ std: 1 }), paddingIndex = null } = options;
    if (paddingIndex !== null) checkCount('Embedding', 'paddingIndex', paddingIndex, 0, count - 1);
    const layer = `Embedding(count=${count}, features=${features})`;
    const first: Initializer = (shape, from) => {
      const rows = init(shape, from);
      return paddingIndex === null
        ? rows
        : rows.fill(0, paddingIndex * features, (paddingIndex + 1) * features);
    };
    this.weight = weightAndBias(layer, [count, features], { random, init: first, bias: false }).weight;
    this.paddingIndex = paddingIndex;
  }

  forward(indices: Indices): Tensor {
    return embedding(indices, this.weight, { paddingIndex: this.paddingIndex });
  }
}
