import { checkBias, checkChannels } from '../checks.ts';
import type { ConvGeometry, NDArray, Shape } from '../contract.ts';
import { addOuterProduct, addRowTimesMatrix, startSums, storeSums } from './matmul.ts';
import { fromDouble, zerosLike } from './results.ts';
import type { Taps } from './window.ts';
import { slide } from './window.ts';

/**
 * Convolution as one small product per output pixel and group: the patch under the window, a row of
 * K = kh * kw * in / groups numbers, times the group's weights, [K, out / groups].
 */
export function conv2d(
  x: NDArray,
  w: NDArray,
  bias: NDArray | null,
  geometry: ConvGeometry,
  relu = false,
): NDArray {
  const { taps, batch, positions, outChannels, groups, groupOut, groupIn } = plan(x, w, geometry);
  checkBias('conv2d', bias, outChannels);
  const y = zerosLike(x, [batch, taps.outHeight, taps.outWidth, outChannels]);
  const patch = new Float64Array(taps.count * groupIn);
  const sums = new Float64Array(groupOut);
  for (let group = 0; group < groups; group++) {
    const weights = groupWeights(w, group, groups);
    for (let n = 0; n < batch; n++) {
      for (let position = 0; position < positions; position++) {
        readPatch(patch, x, n, position, taps, group * groupIn);
        startSums(sums, bias, group * groupOut);
        addRowTimesMatrix(sums, patch, weights);
        storeSums(y, (n * positions + position) * outChannels + group * groupOut, sums, relu);
      }
    }
  }
  return y;
}

/** Per output pixel: d patch = dy weights^T, added to the pixels it came from; d weights += patch^T dy. */
export function conv2dBackward(
  dy: NDArray,
  x: NDArray,
  w: NDArray,
  geometry: ConvGeometry,
  needs: { x: boolean; w: boolean },
): { dx: NDArray | null; dw: NDArray | null } {
  const { taps, batch, positions, outChannels, groups, groupOut, groupIn } = plan(x, w, geometry);
  const patchSize = taps.count * groupIn;
  const patch = new Float64Array(patchSize);
  const dpatch = new Float64Array(patchSize);
  const dyRow = new Float64Array(groupOut);
  const dx = new Float64Array(needs.x ? x.data.length : 0);
  const dw = new Float64Array(needs.w ? w.data.length : 0);
  for (let group = 0; group < groups; group++) {
    const transposed = transpose(groupWeights(w, group, groups), patchSize, groupOut);
    const dweights = new Float64Array(patchSize * groupOut);
    for (let n = 0; n < batch; n++) {
      for (let position = 0; position < positions; position++) {
        const at = (n * positions + position) * outChannels + group * groupOut;
        for (let o = 0; o < groupOut; o++) dyRow[o] = dy.data[at + o];
        if (needs.x) {
          dpatch.fill(0);
          addRowTimesMatrix(dpatch, dyRow, transposed);
          addPatch(dx, x, dpatch, n, position, taps, group * groupIn);
        }
        if (needs.w) {
          readPatch(patch, x, n, position, taps, group * groupIn);
          addOuterProduct(dweights, patch, dyRow);
        }
      }
    }
    if (needs.w) {
      for (let i = 0; i < patchSize; i++) {
        for (let o = 0; o < groupOut; o++)
          dw[i * outChannels + group * groupOut + o] = dweights[i * groupOut + o];
      }
    }
  }
  return {
    dx: needs.x ? fromDouble(dy, x.shape, dx) : null,
    dw: needs.w ? fromDouble(dy, w.shape, dw) : null,
  };
}

export function conv2dTranspose(x: NDArray, w: NDArray, shape: Shape, geometry: ConvGeometry): NDArray {
  const images = zerosLike(x, shape);
  return conv2dBackward(x, images, w, geometry, { x: true, w: false }).dx as NDArray;
}

function plan(x: NDArray, w: NDArray, geometry: ConvGeometry) {
  const [batch] = x.shape;
  const [, , groupIn, outChannels] = w.shape;
  const { groups } = geometry;
  checkChannels(x.shape, w, geometry);
  const taps = slide(x.shape, geometry);
  const positions = taps.outHeight * taps.outWidth;
  return { taps, batch, positions, outChannels, groups, groupOut: outChannels / groups, groupIn };
}

/** The columns of w [kh * kw * in / groups, out] that belong to one group. */
function groupWeights(w: NDArray, group: number, groups: number): Float64Array {
  const outChannels = w.shape[3];
  const columns = outChannels / groups;
  const weights = new Float64Array(w.data.length / groups);
  for (let i = 0; i < weights.length / columns; i++) {
    for (let o = 0; o < columns; o++)
      weights[i * columns + o] = w.data[i * outChannels + group * columns + o];
  }
  return weights;
}

function transpose(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  }
  return result;
}

/** patch = the pixels under the window at one output position, zeros in the padding. */
function readPatch(
  patch: Float64Array,
  x: NDArray,
  n: number,
  position: number,
  taps: Taps,
  channel: number,
): void {
  const [, height, width, channels] = x.shape;
  const data = x.data;
  const length = patch.length / taps.count;
  for (let tap = 0; tap < taps.count; tap++) {
    const pixel = taps.pixel[position * taps.count + tap];
    const to = tap * length;
    if (pixel < 0) {
      for (let c = 0; c < length; c++) patch[to + c] = 0;
    } else {
      const from = (n * height * width + pixel) * channels + channel;
      for (let c = 0; c < length; c++) patch[to + c] = data[from + c];
    }
  }
}

/** The transpose of readPatch: adds a patch to the pixels it was read from. */
function addPatch(
  dx: Float64Array,
  x: NDArray,
  dpatch: Float64Array,
  n: number,
  position: number,
  taps: Taps,
  channel: number,
): void {
  const [, height, width, channels] = x.shape;
  const length = dpatch.length / taps.count;
  for (let tap = 0; tap < taps.count; tap++) {
    const pixel = taps.pixel[position * taps.count + tap];
    if (pixel < 0) continue;
    const to = (n * height * width + pixel) * channels + channel;
    for (let c = 0; c < length; c++) dx[to + c] += dpatch[tap * length + c];
  }
}
