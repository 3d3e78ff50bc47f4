import { checkBias } from '../../checks.ts';
import type { ConvGeometry, NDArray } from '../../contract.ts';
import { input, kernelCall, result } from '../runtime/operands.ts';
import { type Job, runInTurn } from '../runtime/threads.ts';
import { directConv } from './direct/image.ts';
import { directWeightGradient } from './direct/weights.ts';
import { convSizes, outputShape } from './sizes.ts';
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
  const sizes = convSizes(x, w, geometry);
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
  const sizes = convSizes(x, w, geometry);
  const winograd = usesWinograd(sizes);
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
    const jobs: Job[] = [];
    if (dx) {
      const convolve = winograd ? winogradConv : directConv;
      jobs.push(...convolve('backward', sizes, gradient, input(w.data), null, dx.data.byteOffset));
    }
    if (dw) {
      const weightGradient = winograd ? winogradWeightGradient : directWeightGradient;
      jobs.push(...weightGradient(sizes, input(x.data), gradient, dw.data.byteOffset));
    }
    runInTurn(jobs);
    return { dx, dw };
  });
}
