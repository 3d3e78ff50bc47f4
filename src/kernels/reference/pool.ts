import type { NDArray, Shape, Window } from '../contract.ts';
import { fromDouble, zerosLike } from './results.ts';
import type { Taps } from './window.ts';
import { slide } from './window.ts';

export function maxPool2d(x: NDArray, window: Window): NDArray {
  const taps = slide(x.shape, window);
  const [batch, , , channels] = x.shape;
  const y = zerosLike(x, [batch, taps.outHeight, taps.outWidth, channels]);
  y.data.fill(-Infinity);
  const [from, to] = [x.data, y.data];
  visitTaps(x.shape, taps, (pixel, cell) => {
    for (let c = 0; c < channels; c++) to[cell + c] = Math.max(to[cell + c], from[pixel + c]);
  });
  return y;
}

export function maxPool2dBackward(dy: NDArray, x: NDArray, y: NDArray, window: Window): NDArray {
  const taps = slide(x.shape, window);
  const channels = x.shape[3];
  const dx = new Float64Array(x.data.length);
  const given = new Uint8Array(y.data.length);
  visitTaps(x.shape, taps, (pixel, cell) => {
    for (let c = 0; c < channels; c++) {
      const [value, maximum] = [x.data[pixel + c], y.data[cell + c]];
      // NaN is the maximum of a window that holds one, and Object.is(NaN, NaN).
      if (given[cell + c] || !(value === maximum || Object.is(value, maximum))) continue;
      given[cell + c] = 1;
      dx[pixel + c] += dy.data[cell + c];
    }
  });
  return fromDouble(dy, x.shape, dx);
}

export function avgPool2d(x: NDArray, window: Window, countPadding: boolean): NDArray {
  const taps = slide(x.shape, window);
  const [batch, , , channels] = x.shape;
  const shape = [batch, taps.outHeight, taps.outWidth, channels];
  const sums = new Float64Array(batch * taps.outHeight * taps.outWidth * channels);
  const divisors = windowDivisors(taps, countPadding);
  visitTaps(x.shape, taps, (pixel, cell) => {
    for (let c = 0; c < channels; c++) sums[cell + c] += x.data[pixel + c];
  });
  for (let i = 0; i < sums.length; i++) sums[i] /= divisors[Math.floor(i / channels) % divisors.length];
  return fromDouble(x, shape, sums);
}

export function avgPool2dBackward(
  dy: NDArray,
  inputShape: Shape,
  window: Window,
  countPadding: boolean,
): NDArray {
  const taps = slide(inputShape, window);
  const [batch, height, width, channels] = inputShape;
  const dx = new Float64Array(batch * height * width * channels);
  const divisors = windowDivisors(taps, countPadding);
  visitTaps(inputShape, taps, (pixel, cell, position) => {
    for (let c = 0; c < channels; c++) dx[pixel + c] += dy.data[cell + c] / divisors[position];
  });
  return fromDouble(dy, inputShape, dx);
}

/** Calls `visit` for every tap that lies on a pixel, each window's taps in row-major order. */
function visitTaps(
  [batch, height, width, channels]: Shape,
  taps: Taps,
  /** Where the pixel's channels start in x, and the output cell's in y; the output position h' * W' + w'. */
  visit: (pixel: number, cell: number, position: number) => void,
): void {
  const positions = taps.outHeight * taps.outWidth;
  for (let n = 0; n < batch; n++) {
    for (let position = 0; position < positions; position++) {
      const cell = (n * positions + position) * channels;
      for (let tap = 0; tap < taps.count; tap++) {
        const pixel = taps.pixel[position * taps.count + tap];
        if (pixel >= 0) visit((n * height * width + pixel) * channels, cell, position);
      }
    }
  }
}

/** What the sum of each window is divided by: all its taps, or those on the image. */
function windowDivisors(taps: Taps, countPadding: boolean): Float64Array {
  const divisors = new Float64Array(taps.outHeight * taps.outWidth).fill(taps.count);
  if (countPadding) return divisors;
  return divisors.map((_, position) => {
    const window = taps.pixel.subarray(position * taps.count, (position + 1) * taps.count);
    return Math.max(1, window.filter((pixel) => pixel >= 0).length);
  });
}
