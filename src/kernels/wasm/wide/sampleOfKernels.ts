import { createRandom } from '../../../random.ts';
import type { ConvGeometry, NDArray } from '../../contract.ts';
import { claimFresh, hasFresh } from '../../ownership.ts';
import { conv2d, conv2dBackward } from '../conv/conv2d.ts';
import { matmul } from '../gemm/matmul.ts';
import { standardize } from '../norm/standardize.ts';
import { allocate, release } from '../runtime/memory.ts';

/** [batch, height, width, in, out, kernel, stride]: by each filter of Winograd, and direct. */
const CONVOLUTIONS = [
  [3, 14, 14, 12, 20, 3, 1],
  [2, 15, 15, 12, 20, 5, 1],
  [1, 32, 32, 16, 20, 3, 2],
  [2, 9, 9, 5, 20, 3, 2],
];

/**
 * The bits of what the kernels that train a network give, on numbers that are always the same: products, convolutions with
 * their gradients, a norm. Sizes have odd edges, and vectors both alone and side by side.
 */
export function sampleOfKernels(): Int32Array {
  const random = createRandom('sample of kernels');
  const bits: number[] = [];
  const inputs: Float32Array[] = [];
  const draw = (...shape: number[]): NDArray => {
    const data = allocate(shape.reduce((a, b) => a * b));
    for (let i = 0; i < data.length; i++) data[i] = random.normal();
    inputs.push(data);
    return { shape, data };
  };
  const keep = (...results: (NDArray | null)[]): void => {
    for (const each of results) {
      const { buffer, byteOffset, length } = each!.data;
      bits.push(...new Int32Array(buffer, byteOffset, length));
    }
  };
  keep(matmul(draw(17, 70), draw(70, 45), { bias: draw(45), relu: true }));
  for (const [batch, height, width, ins, outs, size, stride] of CONVOLUTIONS) {
    const geometry: ConvGeometry = {
      ...{ kernel: [size, size], stride: [stride, stride], dilation: [1, 1], groups: 1 },
      padding: [1, 1, 1, 1],
    };
    const [x, w] = [draw(batch, height, width, ins), draw(size, size, ins, outs)];
    const y = conv2d(x, w, draw(outs), geometry, true);
    const { dx, dw } = conv2dBackward(draw(...y.shape), x, w, geometry, { x: true, w: true });
    keep(y, dx, dw);
  }
  keep(
    standardize({
      ...{ x: draw(4, 4, 4, 24), view: { n: 1, p: 64, g: 24, k: 1 }, gamma: draw(24), beta: draw(24) },
      options: { eps: 1e-5, epsInside: true, ddof: 0, center: true },
      relu: true,
    }).y,
  );
  while (hasFresh()) release(claimFresh() as Float32Array);
  for (const data of inputs) release(data);
  return Int32Array.from(bits);
}
