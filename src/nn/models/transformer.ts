import { constant, xavierUniform } from '../initializers.ts';
import { Linear } from '../layers/linear.ts';
import { Sequential } from '../layers/sequential.ts';
import { MeanOfTokens, Patches, Positions } from '../layers/tokens.ts';
import { TransformerBlock } from '../layers/transformer.ts';
import type { Norm } from '../norm/core/norm.ts';
import { defineModel, normFactory } from './options.ts';

/** The largest patch without `patch`. */
const MOST_PATCH = 7;

/**
 * A small vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929): square patches of the image are the tokens; a dense
 * layer, learned positions, blocks of attention and dense layers, the mean over the tokens, dense. Weights begin as in Xavier
 * Glorot's rule, biases at 0, which is what Xiong et al. 2020 (arXiv:2002.04745) reckon with.
 *   depth           blocks; default: 4
 *   width           features of a token; default: 64; between the dense layers of a block four times as many
 *   heads           must divide width; default: 4
 *   patch           must divide height and width; default: the largest up to 7 that does
 *   normPlacement   'before' attention and dense layers (pre-norm; one more norm at the end), or 'after' the sum (post-norm);
 *                   default: before
 *   dropout         default: 0
 * The norm takes [N, tokens, width]. 'layer' is over the features of each token here, as in every transformer.
 */
export const transformer = defineModel({
  name: 'transformer',
  description:
    'patches as tokens, 4 blocks of attention and dense layers; pre-norm or post-norm, "layer" per token',
  takes: ['depth', 'width', 'heads', 'patch', 'normPlacement', 'dropout'],
  build(options) {
    const {
      input,
      classes,
      random,
      depth = 4,
      width = 64,
      heads = 4,
      normPlacement = 'before',
      dropout,
    } = options;
    const [rows, columns, channels] = input;
    const patch = options.patch ?? largestPatch(rows, columns);
    if (rows % patch !== 0 || columns % patch !== 0) {
      throw new Error(
        `transformer: patches of ${patch}x${patch} do not fill images of ${rows}x${columns} evenly; patch must divide both.`,
      );
    }
    if (width % heads !== 0) {
      throw new Error(`transformer: heads must divide width, got ${heads} heads for ${width} features.`);
    }
    const norm: (features: number) => Norm | null = normFactory({
      ...options,
      norm: options.norm === 'layer' ? 'layer-position' : options.norm,
    });
    const weights = { random, init: xavierUniform(), biasInit: constant(0) };
    const block = { norm, normPlacement, dropout, random, init: xavierUniform() };
    const last = normPlacement === 'before' ? norm(width) : null;
    return new Sequential([
      new Patches(patch),
      new Linear(patch * patch * channels, width, weights),
      new Positions((rows / patch) * (columns / patch), width, { random }),
      ...Array.from({ length: depth }, () => new TransformerBlock(width, heads, block)),
      ...(last ? [last] : []),
      new MeanOfTokens(),
      new Linear(width, classes, weights),
    ]);
  },
});

function largestPatch(rows: number, columns: number): number {
  let patch = MOST_PATCH;
  while (rows % patch !== 0 || columns % patch !== 0) patch--;
  return patch;
}
