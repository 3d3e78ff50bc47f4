/**
 * The kernel contract: every numeric loop of the project, named once, with its shapes. Numbers in, numbers out; no Tensor,
 * no graph. Two sets of kernels keep it: `reference` (plain loops, float32 or float64, sums in double: the one to read,
 * and the judge) and `wasm` (WebAssembly SIMD and threads, float32: the one that runs).
 *
 * Rules for both sets:
 * - Layout is row-major and channels last: images [N, H, W, C], convolution weights [kh, kw, in / groups, out].
 * - Inputs are never written to, save by the kernels named ...Into, ...InPlace and the optimizer steps.
 * - An input may lie in any memory; a set of kernels that computes in its own memory copies foreign inputs in.
 * - Results are new arrays with the dtype of the first input. Whoever called owns them (ownership.ts says how).
 * - Reductions have a fixed order: the same input gives the same bits, whatever the number of threads.
 */
export type Numbers = Float32Array | Float64Array;
export type Shape = readonly number[];

/** Numbers with a shape, row-major. Tensors are NDArrays too. A scalar has shape []. */
export interface NDArray {
  readonly shape: Shape;
  readonly data: Numbers;
}

/** y = f(x). p and q are the parameters named in brackets. */
export type UnaryOp =
  | 'affine' // p x + q
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'square'
  | 'pow' // x^p
  | 'clamp' // min(max(x, p), q)
  | 'relu'
  | 'leakyRelu' // x > 0 ? x : p x
  | 'elu' // x > 0 ? x : p (e^x - 1)
  | 'gelu' // x Phi(x), exact (erf), Hendrycks and Gimpel 2016
  | 'geluTanh' // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the approximation of the same paper
  | 'silu' // x sigmoid(x)
  | 'mish' // x tanh(log(1 + e^x)), Misra 2019
  | 'hardsigmoid' // min(max(x / 6 + 1/2, 0), 1)
  | 'hardswish' // x hardsigmoid(x), Howard et al. 2019
  | 'softplus' // log(1 + e^x)
  | 'sigmoid'
  | 'tanh'
  | 'erf';

/** y = f(a, b); the comparisons give 1 or 0. 'where' is a where b is not 0, and 0 elsewhere, whatever a is there. */
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'greater'
  | 'equal'
  | 'where';

export type ReduceOp = 'sum' | 'mean' | 'max' | 'min';

/** A sliding window over images: convolution and pooling. Pairs are [height, width]; padding is [top, bottom, left, right]. */
export interface Window {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: readonly [number, number, number, number];
  dilation: readonly [number, number];
}

export interface ConvGeometry extends Window {
  groups: number;
}

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  bias?: NDArray | null;
  relu?: boolean;
}

/**
 * The index sets of a norm. x is read as [n, p, g, k]; all x[n, :, g, :] with the same n and g share their statistics, so
 * there are n * g sets of m = p * k values, and g * k features (gamma and beta have that length). For x [N, H, W, C]:
 *   BatchNorm [1, NHW, C, 1]   InstanceNorm [N, HW, C, 1]   GroupNorm [N, HW, G, C/G]
 *   LayerNorm over C, per position [NHW, 1, 1, C]   LayerNorm over (H, W, C) [N, 1, 1, HWC]
 *   weight standardization of w [kh, kw, in, out] [1, kh*kw*in, out, 1]
 */
export interface SetView {
  n: number;
  p: number;
  g: number;
  k: number;
}

export interface StandardizeOptions {
  eps: number;
  /** true: 1 / sqrt(v + eps); false: 1 / (sqrt(v) + eps). */
  epsInside: boolean;
  /** v = sum (x - mu)^2 / (m - ddof). */
  ddof: 0 | 1;
  /** false: mu = 0, so v is the mean square (RMSNorm). */
  center: boolean;
}

/**
 * The statistics of each set, [n, g]: mu and v as in StandardizeOptions (mu = 0 where not centred). In double, whatever the
 * dtype of x: a mean of 1e4 rounded to float32 is off by 5e-4, and so would be every xHat of the backward pass.
 */
export interface SetStatistics {
  mean: NDArray;
  variance: NDArray;
}

/** What follows a kernel in the same pass over memory: y = relu(y + residual). */
interface Epilogue {
  residual?: NDArray | null;
  relu?: boolean;
}

export interface StandardizeInput extends Epilogue {
  x: NDArray;
  view: SetView;
  /** [g * k], any shape of that size; null: 1. */
  gamma: NDArray | null;
  /** [g * k]; null: 0. */
  beta: NDArray | null;
  options: StandardizeOptions;
  /** Statistics that are constants (evaluation mode) instead of computed from x. */
  given?: SetStatistics | null;
}

export interface StandardizeBackwardInput extends Omit<StandardizeInput, 'beta' | 'given' | 'residual'> {
  dy: NDArray;
  /** The result of the forward pass: read where relu is true, for its mask. */
  y: NDArray;
  statistics: SetStatistics;
  /** Which paths lead from the statistics back to x. Both false: the statistics are constants. */
  through: { mean: boolean; variance: boolean };
  needs: { x: boolean; gamma: boolean; beta: boolean; residual: boolean };
}

export interface StandardizeGradients {
  dx: NDArray | null;
  /** [g * k] */
  dgamma: NDArray | null;
  /** [g * k] */
  dbeta: NDArray | null;
  /** dy behind the relu's mask; dy itself where there is no relu. */
  dresidual: NDArray | null;
}

/** One optimizer step over many parameters at once; the lists run in parallel. PyTorch's update rules. */
export interface SgdStep {
  parameters: readonly Numbers[];
  gradients: readonly Numbers[];
  /** Momentum buffers; null where momentum is 0. */
  velocities: readonly Numbers[] | null;
  lr: number;
  momentum: number;
  dampening: number;
  nesterov: boolean;
  weightDecay: number;
  /** The first step sets the velocity to the gradient, without dampening. */
  first: boolean;
}

export interface AdamStep {
  parameters: readonly Numbers[];
  gradients: readonly Numbers[];
  firstMoments: readonly Numbers[];
  secondMoments: readonly Numbers[];
  /** Running maximum of the second moments (AMSGrad, Reddi et al. 2018); null without. */
  maxSecondMoments: readonly Numbers[] | null;
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** true: AdamW (Loshchilov and Hutter 2019), decay applied to the parameter; false: added to the gradient. */
  decoupled: boolean;
  /** 1 for the first step: the bias correction. */
  step: number;
}

export interface RmspropStep {
  parameters: readonly Numbers[];
  gradients: readonly Numbers[];
  squareAverages: readonly Numbers[];
  /** Means of the gradients, whose squares are subtracted; null where it is not centred. */
  gradientAverages: readonly Numbers[] | null;
  /** Momentum buffers; null where momentum is 0. */
  velocities: readonly Numbers[] | null;
  lr: number;
  alpha: number;
  eps: number;
  momentum: number;
  weightDecay: number;
}

export interface Kernels {
  readonly name: 'reference' | 'wasm';

  // Memory ------------------------------------------------------------------------------------------------------------
  /** Does `data` lie in memory that these kernels manage, so that it must be given back? */
  owns(data: Numbers): boolean;
  /** Gives a block back; its contents are undefined from now on. Only for blocks that `owns` is true of. */
  release(data: Numbers): void;
  /** A copy of `data` for long life (parameters, optimizer state), where these kernels read and write it fastest. */
  lasting(data: Numbers): Numbers;
  /** x itself where these kernels read it in place, else a copy (a new result): for inputs that a backward rule reads again. */
  resident(x: NDArray): NDArray;

  // Elementwise -------------------------------------------------------------------------------------------------------
  unary(op: UnaryOp, x: NDArray, p?: number, q?: number): NDArray;
  /** dx = dy f'(x). y = f(x) from the forward pass. */
  unaryBackward(op: UnaryOp, dy: NDArray, x: NDArray, y: NDArray, p?: number, q?: number): NDArray;
  /** Broadcasts as NumPy does. */
  binary(op: BinaryOp, a: NDArray, b: NDArray): NDArray;
  /** a += b, same shape. */
  addInto(a: Numbers, b: Numbers): void;

  // Reductions and shapes ---------------------------------------------------------------------------------------------
  /** The reduced axes stay, with length 1. No axis may be empty for max and min. */
  reduce(op: ReduceOp, x: NDArray, axes: readonly number[]): NDArray;
  broadcastTo(x: NDArray, shape: Shape): NDArray;
  /** y.shape[i] = x.shape[axes[i]]. */
  permute(x: NDArray, axes: readonly number[]): NDArray;
  concat(xs: readonly NDArray[], axis: number): NDArray;
  /** x[begin[i] .. begin[i] + size[i]) along every axis i. */
  slice(x: NDArray, begin: readonly number[], size: Shape): NDArray;
  /** before[i] and after[i] cells of `value` around every axis i. */
  pad(x: NDArray, before: readonly number[], after: readonly number[], value: number): NDArray;

  // Matrices ----------------------------------------------------------------------------------------------------------
  /**
   * op(a) op(b) with op = transpose of the last two axes where asked: [..., m, k] [..., k, n] -> [..., m, n]. Leading axes
   * are equal on both sides. `bias` [n] is added to every row, then relu.
   */
  matmul(a: NDArray, b: NDArray, options?: MatmulOptions): NDArray;

  // Softmax and loss --------------------------------------------------------------------------------------------------
  softmax(x: NDArray, axis: number, log: boolean): NDArray;
  /** y = softmax(x) or logSoftmax(x), as `log` says. */
  softmaxBackward(dy: NDArray, y: NDArray, axis: number, log: boolean): NDArray;
  /**
   * Mean over the batch of -sum_c t_c log softmax(logits)_c, with t = (1 - smoothing) onehot(label) + smoothing / C.
   * logits [N, C], labels [N] integers. loss [], probabilities [N, C] (for the backward pass).
   */
  crossEntropy(
    logits: NDArray,
    labels: Int32Array,
    smoothing: number,
  ): { loss: NDArray; probabilities: NDArray };
  /** dlogits = dloss (probabilities - t) / N. */
  crossEntropyBackward(
    dloss: NDArray,
    probabilities: NDArray,
    labels: Int32Array,
    smoothing: number,
  ): NDArray;

  // Norms -------------------------------------------------------------------------------------------------------------
  /** y = relu(gamma xHat + beta + residual), xHat = (x - mu) / sigma over the sets of `view`; two passes, never E[x^2] - E[x]^2. */
  standardize(input: StandardizeInput): { y: NDArray; statistics: SetStatistics };
  /**
   * docs/mathematics.md B1 to B3, with g = gamma dy (behind the relu) and the sums over one set:
   *   dx = (1/sigma) [ g - (1/m) sum g - xHat sum(g xHat) / (m - ddof) ]      (eps inside)
   * dgamma = sum dy xHat and dbeta = sum dy, over n and p.
   */
  standardizeBackward(input: StandardizeBackwardInput): StandardizeGradients;

  // Optimizers --------------------------------------------------------------------------------------------------------
  sgdStep(step: SgdStep): void;
  adamStep(step: AdamStep): void;
  rmspropStep(step: RmspropStep): void;
  /** The sum of the squares of all values of all arrays, in double. */
  sumOfSquares(arrays: readonly Numbers[]): number;
  /** Every array times `factor`. */
  scaleInPlace(arrays: readonly Numbers[], factor: number): void;
}

/** Kernels of convolutions and pools, a set of their own (images.ts). */
export interface ImageKernels {
  /** x [N, H, W, in], w [kh, kw, in / groups, out], bias [out] or null -> [N, H', W', out]; then relu where asked. */
  conv2d(x: NDArray, w: NDArray, bias: NDArray | null, geometry: ConvGeometry, relu?: boolean): NDArray;
  conv2dBackward(
    dy: NDArray,
    x: NDArray,
    w: NDArray,
    geometry: ConvGeometry,
    needs: { x: boolean; w: boolean },
  ): { dx: NDArray | null; dw: NDArray | null };
  /**
   * The transpose of conv2d in x, which is dx of conv2dBackward: x [N, h, w, out] -> `shape` [N, H, W, in], for a convolution
   * of such images with w [kh, kw, in / groups, out] that has h x w positions.
   */
  conv2dTranspose(x: NDArray, w: NDArray, shape: Shape, geometry: ConvGeometry): NDArray;
  /** Padding counts as minus infinity. */
  maxPool2d(x: NDArray, window: Window): NDArray;
  /** The gradient of a window goes to its first maximum in row-major order, as in PyTorch. y = maxPool2d(x). */
  maxPool2dBackward(dy: NDArray, x: NDArray, y: NDArray, window: Window): NDArray;
  /** The mean over the window: with `countPadding` (PyTorch's count_include_pad) padding counts as zeros, else not at all. */
  avgPool2d(x: NDArray, window: Window, countPadding: boolean): NDArray;
  avgPool2dBackward(dy: NDArray, inputShape: Shape, window: Window, countPadding: boolean): NDArray;
}

/** The number of values of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}
