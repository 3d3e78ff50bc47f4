import { noGrad, type Tensor, zeros } from '../autograd/index.ts';
import { bytesText, ConfigError } from '../errors.ts';
import type { Numbers } from '../kernels/contract.ts';
import { memoryLimit } from '../kernels/memory.ts';
import { MultiHeadAttention } from '../nn/layers/attention.ts';
import { withForward } from '../nn/layers/wrapForward.ts';
import type { Module } from '../nn/module.ts';
import type { TrainConfig } from './config.ts';
import type { TrainData } from './data.ts';

/**
 * Whether a run fits into memory, asked before it takes any: otherwise it would draw weights for minutes, and then fail in the
 * middle of an allocation or a step. All numbers are lower bounds, so that nothing is refused that could run.
 */

const BYTES = 4;
/** A layer's weight is followed by a few results of its size at most: its output, the norm's, the activation's. */
const RESULTS_PER_WEIGHT = 4;

/** For a network with so many weights, of which none exists yet. */
export function requireWeightsFit(config: TrainConfig, weights: number): void {
  requireFit(config, weights, 0);
}

/** For a network that exists: its batches. */
export function requireActivationsFit(config: TrainConfig, model: Module, data: TrainData): void {
  const images = Math.max(data.largest.train, data.largest.test);
  const parameters = model.parameters();
  const [height, width] = data.imageShape;
  const most = parameters.reduce((sum, { shape, rank }) => {
    const positions = rank === 4 ? height * width : height;
    return rank < 2 ? sum : sum + RESULTS_PER_WEIGHT * positions * shape[rank - 1];
  }, 0);
  // Attention leaves the square of the tokens, which no weight tells of: it is always counted
  const attends = [...model.namedModules().values()].some((module) => module instanceof MultiHeadAttention);
  if (!attends && images * most * BYTES < memoryLimit().bytes) return;
  const weights = parameters.reduce((sum, { size }) => sum + size, 0);
  requireFit(config, weights, images * resultsPerImage(model, data));
}

/** Numbers that one image leaves in a forward pass: itself, and the results of all layers. */
function resultsPerImage(model: Module, { imageShape }: TrainData): number {
  const results = new Set<Numbers>();
  const modules = [...model.namedModules().values()];
  const remembering = (_: Module, forward: (x: Tensor) => Tensor) => (x: Tensor, then?: object) => {
    const y = (forward as (x: Tensor, then?: object) => Tensor)(x, then);
    results.add(x.data).add(y.data);
    return y;
  };
  model.eval();
  try {
    return noGrad(() => {
      withForward(modules, remembering, () => model.forward(zeros([1, ...imageShape])));
      return [...results].reduce((sum, { length }) => sum + length, 0);
    });
  } finally {
    model.train();
  }
}

function requireFit({ optimizer, momentum, batchSize }: TrainConfig, weights: number, results: number): void {
  const moving = Math.sign(momentum);
  const remembered = optimizer === 'sgd' ? moving : optimizer === 'rmsprop' ? 1 + moving : 2;
  const needs = {
    weights: weights * BYTES,
    gradients: weights * BYTES,
    [`state of ${optimizer}`]: remembered * weights * BYTES,
    ...(results > 0 && { [`results of a batch of ${batchSize}`]: results * BYTES }),
  };
  const total = Object.values(needs).reduce((sum, bytes) => sum + bytes, 0);
  const limit = memoryLimit();
  if (total <= limit.bytes) return;
  const parts = Object.entries(needs).map(([what, bytes]) => `${what} ${bytesText(bytes)}`);
  throw new ConfigError(
    undefined,
    `the network does not fit into memory: it needs at least ${bytesText(total)} (${parts.join(', ')}), and ` +
      `${limit.of} ${bytesText(limit.bytes)}`,
    ['use smaller layers (--hidden, --widths), a smaller --batch-size, or smaller images (--halve)'],
  );
}
