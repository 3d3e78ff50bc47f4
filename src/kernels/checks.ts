import type {
  ConvGeometry,
  MatmulOptions,
  NDArray,
  ReduceOp,
  SetView,
  Shape,
  StandardizeInput,
  Window,
} from './contract.ts';

/** What both sets of kernels ask of their arguments, and the lengths that follow from them. */

/** Of one channel of one image: 1 GiB. */
const MOST_POSITIONS = 2 ** 28;

/** How many positions a window takes on an image, down and across. */
export function windowPositions(height: number, width: number, window: Window): [number, number] {
  const [top, bottom, left, right] = window.padding;
  const along = (length: number, axis: number) =>
    Math.floor((length - window.dilation[axis] * (window.kernel[axis] - 1) - 1) / window.stride[axis]) + 1;
  const rows = along(height + top + bottom, 0);
  const columns = along(width + left + right, 1);
  if (rows < 1 || columns < 1) {
    throw new RangeError(
      `a ${window.kernel[0]}x${window.kernel[1]} window, dilation [${window.dilation}], does not fit into a ` +
        `${height}x${width} image with padding [${window.padding}]: use a smaller kernel or more padding`,
    );
  }
  if (rows * columns > MOST_POSITIONS) {
    throw new RangeError(
      `a window over a ${height}x${width} image with padding [${window.padding}] would take ${rows}x${columns} positions, ` +
        'more than memory holds: use less padding',
    );
  }
  return [rows, columns];
}

export function checkChannels(images: Shape, w: NDArray, { groups }: ConvGeometry): void {
  const [, , groupIn, outChannels] = w.shape;
  if (groupIn * groups !== images[3] || outChannels % groups !== 0) {
    throw new RangeError(
      `conv2d of images [${images}] with weights [${w.shape}] in ${groups} groups: the weights must be ` +
        '[kh, kw, in / groups, out], and groups must divide both channel counts',
    );
  }
}

/** Throws unless the bias has one value for each of the `outputs`: kernels would read past its end. */
export function checkBias(name: string, bias: NDArray | null | undefined, outputs: number): void {
  if (!bias || (bias.shape.length === 1 && bias.shape[0] === outputs && bias.data.length === outputs)) return;
  throw new RangeError(
    `${name}: the bias has one value for each of the ${outputs} outputs, [${outputs}], got [${bias.shape.join(', ')}]`,
  );
}

/** Throws unless the view covers x, and all that comes with x fits the view: kernels would read past their ends. */
export function checkStandardize(call: Omit<StandardizeInput, 'options'>): void {
  const { x, view, gamma, beta, given, residual } = call;
  const { n, g, k } = view;
  const { length } = x.data;
  checkView('standardize', x, view);
  if (gamma) checkFits('gamma', gamma, g * k, 'features (g * k)');
  if (beta) checkFits('beta', beta, g * k, 'features (g * k)');
  if (residual) checkFits('the residual', residual, length, 'values of x');
  if (given) {
    checkFits('the given mean', given.mean, n * g, 'sets (n * g)');
    checkFits('the given variance', given.variance, n * g, 'sets (n * g)');
  }
}

/** Throws unless the view reads all of x, and nothing else. */
export function checkView(name: string, { shape, data }: NDArray, view: Partial<SetView> | undefined): void {
  const { n, p, g, k } = view ?? {};
  if (isCount(n) && isCount(p) && isCount(g) && isCount(k) && n * p * g * k === data.length) return;
  throw new RangeError(
    `${name}: the view [n, p, g, k] = [${n}, ${p}, ${g}, ${k}] does not fit x [${shape}]. Its four lengths must be whole ` +
      `numbers with the product ${data.length}; groups must divide the channels`,
  );
}

const isCount = (length: number | undefined): length is number =>
  Number.isInteger(length) && (length as number) >= 0;

function checkFits(what: string, array: NDArray | undefined, count: number, of: string): void {
  if (array?.data?.length === count) return;
  throw new RangeError(
    `standardize: ${what} has one value for each of the ${count} ${of}, got shape [${array?.shape}]`,
  );
}

/** The lengths of op(a) [m, k] and op(b) [k, n]. */
export function productLengths(
  a: NDArray,
  b: NDArray,
  { transposeA = false, transposeB = false }: MatmulOptions,
): { m: number; k: number; n: number } {
  const rank = a.shape.length;
  const [rowsA, widthA] = [a.shape[rank - 2], a.shape[rank - 1]];
  const [rowsB, widthB] = [b.shape[b.shape.length - 2], b.shape[b.shape.length - 1]];
  const [m, k] = transposeA ? [widthA, rowsA] : [rowsA, widthA];
  const [kOfB, n] = transposeB ? [widthB, rowsB] : [rowsB, widthB];
  if (k !== kOfB || !sameLeading(a.shape, b.shape)) {
    const mark = (transpose: boolean) => (transpose ? ' transposed' : '');
    throw new RangeError(
      `matmul of [${a.shape}]${mark(transposeA)} and [${b.shape}]${mark(transposeB)}: ` +
        'the inner lengths and the leading axes must agree',
    );
  }
  return { m, k, n };
}

function sameLeading(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length - 2; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function checkLabels(labels: Int32Array, [batch, classes]: Shape): void {
  for (let n = 0; n < batch; n++) {
    const label = labels[n];
    if (!(label >= 0 && label < classes)) {
      throw new RangeError(`crossEntropy: label ${label} of sample ${n} is not one of 0 .. ${classes - 1}`);
    }
  }
}

/** How many values a reduction folds into one. */
export function foldedCount(op: ReduceOp, { shape }: NDArray, axes: readonly number[]): number {
  const count = axes.reduce((product, axis) => product * shape[axis], 1);
  if (count === 0 && (op === 'max' || op === 'min')) {
    throw new RangeError(`${op} of shape [${shape}] over axes [${axes}]: there is no ${op} of no values`);
  }
  return count;
}
