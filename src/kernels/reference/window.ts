import { windowPositions } from '../checks.ts';
import type { Shape, Window } from '../contract.ts';

/** Which pixel each tap of a sliding window reads: what convolution and pooling have in common. */
export interface Taps {
  outHeight: number;
  outWidth: number;
  /** kh * kw */
  count: number;
  /** [H' * W', kh * kw]: the pixel h * W + w under a tap, or -1 where the tap lies in the padding. */
  pixel: Int32Array;
}

export function slide([, height, width]: Shape, window: Window): Taps {
  const [kernelHeight, kernelWidth] = window.kernel;
  const [strideY, strideX] = window.stride;
  const [top, , left] = window.padding;
  const [dilationY, dilationX] = window.dilation;
  const [outHeight, outWidth] = windowPositions(height, width, window);
  const count = kernelHeight * kernelWidth;
  const pixel = new Int32Array(outHeight * outWidth * count);
  let at = 0;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        const y = oy * strideY - top + ky * dilationY;
        for (let kx = 0; kx < kernelWidth; kx++) {
          const x = ox * strideX - left + kx * dilationX;
          pixel[at++] = y >= 0 && y < height && x >= 0 && x < width ? y * width + x : -1;
        }
      }
    }
  }
  return { outHeight, outWidth, count, pixel };
}
