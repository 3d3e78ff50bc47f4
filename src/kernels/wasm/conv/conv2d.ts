import type { ConvGeometry, NDArray } from '../../contract.ts';
import { input, kernelCall, result } from '../runtime/operands.ts';
import { rememberFor } from '../runtime/remember.ts';
import { type Job, runInTurn } from '../runtime/threads.ts';
import { directConv } from './direct.ts';
import { type ConvSizes, convSizes, outputShape } from './sizes.ts';
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
    runInTurn(
      usesWinograd(sizes)
        ? winogradConv('forward', forwardSizes(sizes), from, weights, b, to, floor)
        : directConv('forward', sizes, from, weights, b, to, floor),
    );
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
    const dw = needs.w ? result(w.shape) : null;
    const jobs: Job[] = [];
    if (dx) {
      const [weights, to] = [input(w.data), dx.data.byteOffset];
      jobs.push(
        ...(winograd
          ? winogradConv('backward', gradientSizes(sizes), gradient, weights, null, to)
          : directConv('backward', sizes, gradient, weights, null, to)),
      );
    }
    if (dw) {
      const [image, to] = [input(x.data), dw.data.byteOffset];
      jobs.push(
        ...(winograd
          ? winogradWeightGradient(forwardSizes(sizes), image, gradient, to)
          : directWeightGradient(sizes, image, gradient, to)),
      );
    }
    runInTurn(jobs);
    return { dx, dw };
  });
}

const forwardSizes = rememberFor((sizes: ConvSizes): WinogradSizes => {
  const { batch, height, width, outHeight, outWidth, inChannels, outChannels } = sizes;
  const [top, , left] = sizes.geometry.padding;
  return { batch, height, width, top, left, outHeight, outWidth, inChannels, outChannels };
});

/** The convolution that gives the gradient of the image: of dy, with the window turned around. */
const gradientSizes = rememberFor((sizes: ConvSizes): WinogradSizes => {
  const { batch, height, width, outHeight, outWidth, inChannels, outChannels } = sizes;
  const [top, , left] = sizes.geometry.padding;
  return {
    ...{ batch, height: outHeight, width: outWidth, top: 2 - top, left: 2 - left },
    ...{ outHeight: height, outWidth: width, inChannels: outChannels, outChannels: inChannels },
  };
});
