import fc from 'fast-check';
import type { Shape, Window } from '../../../src/kernels/contract.ts';

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const padding = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2));

/** Images [N, H, W] and a window that fits: odd sizes, height 1, uneven padding, dilation. */
export const slidingWindows = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    size: pair(1, 7),
    window: fc.record<Window>({ kernel: pair(1, 3), stride: pair(1, 3), padding, dilation: pair(1, 2) }),
    seed: fc.nat(),
  })
  .filter(({ size, window }) => outputSize(size, window).every((length) => length >= 1));

/** Counts the positions of the window one by one. */
export function outputSize(size: Shape, window: Window): [number, number] {
  const [top, bottom, left, right] = window.padding;
  const along = (length: number, axis: number) => {
    let count = 0;
    for (
      let start = 0;
      start + (window.kernel[axis] - 1) * window.dilation[axis] < length;
      start += window.stride[axis]
    ) {
      count++;
    }
    return count;
  };
  return [along(size[0] + top + bottom, 0), along(size[1] + left + right, 1)];
}

/** The taps of the window at output position (oy, ox): where each lies on the image, inside it or not. */
export function tapsOf(
  window: Window,
  oy: number,
  ox: number,
): { ky: number; kx: number; y: number; x: number }[] {
  const [height, width] = window.kernel;
  return Array.from({ length: height * width }, (_, tap) => {
    const [ky, kx] = [Math.floor(tap / width), tap % width];
    return {
      ky,
      kx,
      y: oy * window.stride[0] + ky * window.dilation[0] - window.padding[0],
      x: ox * window.stride[1] + kx * window.dilation[1] - window.padding[2],
    };
  });
}
