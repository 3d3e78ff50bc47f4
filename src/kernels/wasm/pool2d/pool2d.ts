import type { NDArray, Shape, Window } from '../../contract.ts';
import { Kernel, kernelModule } from '../runtime/kernel.ts';
import { input, kernelCall, result } from '../runtime/operands.ts';
import { rememberFor } from '../runtime/remember.ts';
import { writeBackward } from './backward.ts';
import { writeForward } from './forward.ts';
import { type Pooling, poolingOf } from './windows.ts';

/** Pooling: forward over rows of output, backward over images and, where those are few, blocks of channels. */

/** Values read to a part of work: some 10 us. */
const PART_VALUES = 32768;
/** Channels to a block: a cache line. */
const BLOCK_CHANNELS = 16;
const ENOUGH_IMAGES = 16;

export function maxPool2d(x: NDArray, window: Window): NDArray {
  return forward(kernels.max, x, window);
}

export function avgPool2d(x: NDArray, window: Window, countPadding: boolean): NDArray {
  return forward(averageKernels(countPadding), x, window);
}

export function maxPool2dBackward(dy: NDArray, x: NDArray, y: NDArray, window: Window): NDArray {
  return kernelCall(() => {
    const dx = result(x.shape);
    const kernel = kernels.max(poolingOf(x.shape, window));
    runBackward(kernel, x.shape, [dx.data.byteOffset, input(dy.data), input(x.data), input(y.data)]);
    return dx;
  });
}

export function avgPool2dBackward(
  dy: NDArray,
  inputShape: Shape,
  window: Window,
  countPadding: boolean,
): NDArray {
  return kernelCall(() => {
    const dx = result([...inputShape]);
    const kernel = averageKernels(countPadding)(poolingOf(inputShape, window));
    runBackward(kernel, inputShape, [dx.data.byteOffset, input(dy.data), 0, 0]);
    return dx;
  });
}

function forward(kernelFor: (pooling: Pooling) => Kernel, x: NDArray, window: Window): NDArray {
  const pooling = poolingOf(x.shape, window);
  const { outHeight, outWidth, channels } = pooling;
  return kernelCall(() => {
    const y = result([x.shape[0], outHeight, outWidth, channels]);
    const rowValues = outWidth * channels * window.kernel[0] * window.kernel[1];
    const grain = Math.ceil(PART_VALUES / rowValues);
    kernelFor(pooling).range('forward', x.shape[0] * outHeight, grain, input(x.data), y.data.byteOffset);
    return y;
  });
}

function runBackward(kernel: Kernel, [batch, height, width, channels]: Shape, addresses: number[]): void {
  const blocks = batch >= ENOUGH_IMAGES ? 1 : Math.ceil(channels / BLOCK_CHANNELS);
  const blockChannels = blocks === 1 ? channels : BLOCK_CHANNELS;
  const grain = Math.ceil(PART_VALUES / (height * width * blockChannels));
  kernel.range('backward', batch * blocks, grain, ...addresses, blocks, blockChannels);
}

const kernels = {
  max: rememberFor((pooling: Pooling) => poolKernel('max', pooling, true)),
  average: rememberFor((pooling: Pooling) => poolKernel('average', pooling, true)),
  /** Of the cells on the image alone. */
  averageOfImage: rememberFor((pooling: Pooling) => poolKernel('average', pooling, false)),
};

const averageKernels = (countPadding: boolean) => (countPadding ? kernels.average : kernels.averageOfImage);

function poolKernel(kind: 'max' | 'average', pooling: Pooling, countPadding: boolean): Kernel {
  const module = kernelModule(`${kind} pool`, (m) => {
    writeForward(m, kind, pooling, countPadding);
    writeBackward(m, kind, pooling, countPadding);
  });
  return new Kernel(module);
}
