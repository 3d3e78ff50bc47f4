import { kernels } from '../kernels/active.ts';
import { checkBias } from '../kernels/checks.ts';
import type { ConvGeometry } from '../kernels/contract.ts';
import { imageKernels } from '../kernels/images.ts';
import { checkCount, checkFlag, checkOptions } from '../options.ts';
import { record, sameDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { Tensor } from './tensor.ts';
import { type WindowOptions, windowOptions, windowOver } from './window.ts';

const conv2dOptions = [...windowOptions, 'groups', 'relu'];

export interface Conv2dOptions extends WindowOptions {
  /** Channels are cut into this many groups that do not see each other; groups = channels is a depthwise convolution. */
  groups?: number;
  /** y = max(y, 0), in the same pass. */
  relu?: boolean;
}

/**
 * y[n, i, j, o] = bias[o] + sum over (a, b, c) of x[n, i s + a d - p, j s + b d - p, c] w[a, b, c, o]   (correlation).
 * x [N, H, W, in], w [kh, kw, in / groups, out], bias [out] or null -> [N, H', W', out].
 * dx is the transposed convolution of dy with w, dw the correlation of x with dy, dbias = sum of dy over n, i, j.
 */
export function conv2d(
  x: Tensor,
  w: Tensor,
  bias: Tensor | null = null,
  options: Conv2dOptions = {},
): Tensor {
  requireTensor('conv2d', w);
  sameDType('conv2d', x, w, bias);
  checkOptions('conv2d', options, conv2dOptions);
  const { groups = 1 } = options;
  checkCount('conv2d', 'groups', groups);
  checkFlag('conv2d', 'relu', options.relu);
  const [kh, kw, inPerGroup, out] = w.shape;
  if (w.rank !== 4) {
    throw new Error(`conv2d: the weight is [kh, kw, in / groups, out], got [${w.shape.join(', ')}].`);
  }
  const { kernel, stride, padding, dilation } = windowOver('conv2d', x.shape, [kh, kw], options);
  const geometry: ConvGeometry = { kernel, stride, padding, dilation, groups };
  if (inPerGroup * groups !== x.shape[3] || out % groups !== 0) {
    throw new Error(
      `conv2d: weight [kh, kw, in / groups, out] = [${w.shape.join(', ')}] with ${groups} groups needs ` +
        `${inPerGroup * groups} input channels and outputs divisible by ${groups}, got images [${x.shape.join(', ')}].`,
    );
  }
  checkBias('conv2d', bias, out);
  const k = kernels(x);
  const input = k.resident(x); // a batch comes from ordinary memory, and dw reads it again
  const y = imageKernels(x).conv2d(input, w, bias, geometry, options.relu);
  const mask = options.relu ? y : null;
  const reads = [[w, mask], [input, mask], [mask]] as const;
  return record('conv2d', y, [x, w, bias], reads, (dy, [needsX, needsW]) => {
    const g = options.relu ? k.unaryBackward('relu', dy, y, y) : dy;
    const { dx, dw } = imageKernels(x).conv2dBackward(g, input, w, geometry, { x: needsX, w: needsW });
    return [dx, dw, () => ({ shape: [out], data: k.reduce('sum', g, [0, 1, 2]).data })];
  });
}
