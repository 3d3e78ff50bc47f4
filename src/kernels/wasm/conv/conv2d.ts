import { checkBias } from '../../checks.ts';
import type { ConvGeometry, NDArray, Shape } from '../../contract.ts';
import { input, kernelCall, result } from '../runtime/operands.ts';
import { type Job, runInTurn } from '../runtime/threads.ts';
import { directConv } from './direct/image.ts';
import { directWeightGradient } from './direct/weights.ts';
import { type ConvSizes, convSizes, outputShape } from './sizes.ts';
import { usesWinograd } from './winograd/choice.ts';
import { winogradConv } from './winograd/image/image.ts';
import { winogradWeightGradient } from './winograd/weights/weights.ts';

/** Convolution: Winograd where it pays (winograd/choice.ts), direct kernels otherwise. */
export function conv2d(
  x: NDArray,
  w: NDArray,
  bias: NDArray | null,
  geometry: ConvGeometry,
  relu = false,
): NDArray {
  const sizes = convSizes(x.shape, w, geometry);
  checkBias('conv2d', bias, sizes.outChannels);
  const convolve = usesWinograd(sizes) ? winogradConv : directConv;
  return kernelCall(() => {
    const y = result(outputShape(sizes));
    const [from, weights, to] = [input(x.data), input(w.data), y.data.byteOffset];
    const floor = relu ? 0 : -Infinity;
    runInTurn(convolve('forward', sizes, from, weights, bias && input(bias.data), to, floor));
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
  const sizes = convSizes(x.shape, w, geometry);
  return kernelCall(() => {
    const gradient = input(dy.data);
    const dx = needs.x ? result(x.shape) : null;
    const dw = needs.w ? result(w.shape) : null;
    if (dy.data.length === 0) {
      // No image or no output: nothing adds to the gradients, and the kernels, which begin sums at their first, never ran
      dx?.data.fill(0);
      dw?.data.fill(0);
      return { dx, dw };
    }
    const jobs: Job[] = dx ? backwardJobs(sizes, gradient, w, dx) : [];
    if (dw) {
      const weightGradient = usesWinograd(sizes) ? winogradWeightGradient : directWeightGradient;
      jobs.push(...weightGradient(sizes, input(x.data), gradient, dw.data.byteOffset));
    }
    runInTurn(jobs);
    return { dx, dw };
  });
}

export function conv2dTranspose(x: NDArray, w: NDArray, shape: Shape, geometry: ConvGeometry): NDArray {
  const sizes = convSizes(shape, w, geometry);
  return kernelCall(() => {
    const y = result(shape);
    if (x.data.length === 0) y.data.fill(0);
    else runInTurn(backwardJobs(sizes, input(x.data), w, y));
    return y;
  });
}

/** dx: the transposed convolution of the gradient at that address. */
function backwardJobs(sizes: ConvSizes, gradient: number, w: NDArray, dx: NDArray): Job[] {
  const convolve = usesWinograd(sizes) ? winogradConv : directConv;
  return convolve('backward', sizes, gradient, input(w.data), null, dx.data.byteOffset);
}
