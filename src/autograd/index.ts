export { celu, glu, hardtanh, logsigmoid, prelu, relu6, selu, softsign } from './activations.ts';
export { adaptiveAvgPool2d, adaptiveMaxPool2d, type OutputSize } from './adaptivePool.ts';
export { add, div, maximum, minimum, mul, type Operand, pow, sub } from './arithmetic.ts';
export {
  type AttentionDropout,
  type AttentionOptions,
  attentionWeights,
  scaledDotProductAttention,
} from './attention.ts';
export type { Axes } from './axes.ts';
export { zeroGrad } from './backward.ts';
export { type Conv2dOptions, conv2d } from './conv.ts';
export { type ConvTranspose2dOptions, convTranspose2d } from './convTranspose.ts';
export {
  backendName,
  cast,
  full,
  type Nested,
  ones,
  parameter,
  randn,
  type TensorOptions,
  tensor,
  uniform,
  wrap,
  zeros,
} from './create.ts';
export { dropout } from './dropout.ts';
export * from './elementwise.ts';
export { embedding, type Indices } from './embedding.ts';
export { type GradcheckOptions, gradcheck } from './gradcheck.ts';
export { type BackwardRule, type Gradient, type GraphNode, type Input, record } from './graph.ts';
export { noGrad } from './lifetime.ts';
export {
  type AvgPool1dOptions,
  adaptiveAvgPool1d,
  adaptiveMaxPool1d,
  avgPool1d,
  type Conv1dOptions,
  type ConvTranspose1dOptions,
  conv1d,
  convTranspose1d,
  type LineOptions,
  maxPool1d,
  type Pool1dOptions,
} from './line.ts';
export * from './loss/index.ts';
export { linear, matmul } from './matmul.ts';
export {
  type AvgPoolOptions,
  avgPool2d,
  globalAvgPool2d,
  globalMaxPool2d,
  maxPool2d,
  type PoolOptions,
} from './pool.ts';
export { arange, eye, linspace } from './ranges.ts';
export { argmax, max, mean, min, sum, variance } from './reduce.ts';
export { broadcastTo, concat, flatten, pad, permute, reshape, slice, transpose } from './shape.ts';
export { logSoftmax, softmax } from './softmax.ts';
export { split, squeeze, stack, unsqueeze } from './stack.ts';
export { type DType, Tensor } from './tensor.ts';
export { detectOverwriting } from './unchanged.ts';
export type { GradcheckResult } from './verdict.ts';
export { equal, greater, greaterEqual, less, lessEqual, maskedFill, notEqual, where } from './where.ts';
export type { Padding, Pair, WindowOptions } from './window.ts';
