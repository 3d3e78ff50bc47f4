import type { ConvGeometry, NDArray } from '../../kernels.ts';
import { input, kernelCall, result } from '../operands.ts';
import { directConv } from './direct.ts';
import { type ConvSizes, convSizes, outputShape } from './sizes.ts';
import { swapWeights } from './swap.ts';
import { directWeightGradient } from './weightGradient.ts';
import { usesWinograd } from './winograd/choice.ts';
import { winogradConv } from './winograd/forward.ts';
import { winogradWeightGradient } from './winograd/gradient.ts';
import type { WinogradSizes } from './winograd/layout.ts';

/** Convolution: Winograd where it pays (winograd/choice.ts), direct kernels otherwise. */
export function conv2d(
  x: NDArray,
  w: NDArray,
  bias: NDArray | null,
  geometry: ConvGeometry,
  relu = false,
): NDArray {
  const sizes = convSizes(x, w, geometry);
  return kernelCall(() => {
    const y = result(outputShape(sizes));
    const [from, weights, to] = [input(x.data), input(w.data), y.data.byteOffset];
    const b = bias && input(bias.data);
    const floor = relu ? 0 : -Infinity;
    if (usesWinograd(sizes)) winogradConv(winogradSizes(sizes), from, weights, false, b, to, floor);
    else directConv('forward', sizes, from, weights, b, to, floor);
    return y;
  });
}

export function conv2dBackward(
  dy: NDArray,
  x: NDArray,
  w: NDArray,
  geometry: ConvGeometry,
  needs: { x: boolean; w: boolean },
): { dx: NDArray | null; dw: NDArray | null } {
  const sizes = convSizes(x, w, geometry);
  const winograd = usesWinograd(sizes);
  return kernelCall(() => {
    const gradient = input(dy.data);
    const dx = needs.x ? result(x.shape) : null;
    if (dx) {
      const weights = swapWeights(input(w.data), sizes);
      const to = dx.data.byteOffset;
      if (winograd) winogradConv(winogradSizes(sizes, true), gradient, weights, true, null, to);
      else directConv('backward', sizes, gradient, weights, null, to);
    }
    const dw = needs.w ? result(w.shape) : null;
    if (dw) {
      if (winograd) winogradWeightGradient(winogradSizes(sizes), input(x.data), gradient, dw.data.byteOffset);
      else directWeightGradient(sizes, input(x.data), gradient, dw.data.byteOffset);
    }
    return { dx, dw };
  });
}

/** The convolution itself, or the one that gives the gradient of the image: of dy, with the window turned around. */
function winogradSizes(sizes: ConvSizes, gradient = false): WinogradSizes {
  const { batch, height, width, outHeight, outWidth, inChannels, outChannels } = sizes;
  const [top, , left] = sizes.geometry.padding;
  if (!gradient) {
    return { batch, height, width, top, left, outHeight, outWidth, inChannels, outChannels };
  }
  return {
    ...{ batch, height: outHeight, width: outWidth, top: 2 - top, left: 2 - left },
    ...{ outHeight: height, outWidth: width, inChannels: outChannels, outChannels: inChannels },
  };
}
