import type { ConvGeometry, MatmulOptions, NDArray, ReduceOp, Shape, Window } from './contract.ts';

/** What both sets of kernels ask of their arguments, and the lengths that follow from them. */

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
  return [rows, columns];
}

export function checkChannels(x: NDArray, w: NDArray, { groups }: ConvGeometry): void {
  const [, , groupIn, outChannels] = w.shape;
  if (groupIn * groups !== x.shape[3] || outChannels % groups !== 0) {
    throw new RangeError(
      `conv2d of images [${x.shape}] with weights [${w.shape}] in ${groups} groups: the weights must be ` +
        '[kh, kw, in / groups, out], and groups must divide both channel counts',
    );
  }
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
