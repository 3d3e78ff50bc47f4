import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConvGeometry, NDArray } from '../../../src/kernels/contract.ts';
import { referenceImages as reference } from '../../../src/kernels/reference/images.ts';
import { at, define, expectClose, inner, normals } from './arrays.ts';
import { outputSize, slidingWindows, tapsOf } from './window.ts';

/** [in, out, groups]: one channel, odd counts, groups, depthwise. */
const channelCounts = fc.constantFrom(
  [1, 1, 1],
  [1, 5, 1],
  [3, 4, 1],
  [5, 3, 1],
  [4, 6, 2],
  [3, 3, 3],
  [3, 6, 3],
  [8, 4, 1],
);

const convolutions = fc
  .record({ sliding: slidingWindows, channels: channelCounts })
  .map(({ sliding, channels }) => {
    const { batch, size, window, seed } = sliding;
    const [inChannels, outChannels, groups] = channels;
    const geometry: ConvGeometry = { ...window, groups };
    const x = normals(`x${seed}`, [batch, ...size, inChannels]);
    const w = normals(`w${seed}`, [...window.kernel, inChannels / groups, outChannels]);
    const outShape = [batch, ...outputSize(size, window), outChannels];
    return { x, w, geometry, outShape, seed };
  });

const plain: ConvGeometry = {
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
};

describe('conv2d', () => {
  it('is the sum over window and channels of its definition', () => {
    fc.assert(
      fc.property(
        convolutions,
        fc.boolean(),
        fc.boolean(),
        ({ x, w, geometry, outShape, seed }, withBias, relu) => {
          const bias = withBias ? normals(`bias${seed}`, [w.shape[3]]) : null;
          const groupIn = w.shape[2];
          const groupOut = w.shape[3] / geometry.groups;
          const expected = define(outShape, (n, oy, ox, o) => {
            let sum = bias ? at(bias, o) : 0;
            for (const tap of tapsOf(geometry, oy, ox)) {
              for (let i = 0; i < groupIn; i++) {
                sum +=
                  at(x, n, tap.y, tap.x, Math.floor(o / groupOut) * groupIn + i) *
                  at(w, tap.ky, tap.kx, i, o);
              }
            }
            return relu ? Math.max(sum, 0) : sum;
          });
          expectClose(reference.conv2d(x, w, bias, geometry, relu), expected);
        },
      ),
    );
  });

  it('has its transpose in conv2dTranspose, which needs no image', () => {
    fc.assert(
      fc.property(convolutions, ({ x, w, geometry, outShape, seed }) => {
        const y = normals(`y${seed}`, outShape);
        const back = reference.conv2dTranspose(y, w, x.shape, geometry);
        const product = inner(reference.conv2d(x, w, null, geometry), y);
        expect(Math.abs(inner(x, back) - product)).toBeLessThan(1e-12 * (1 + x.data.length * w.data.length));
      }),
    );
  });

  it('has the adjoint as its backward: <conv(x, w), dy> = <x, dx> = <w, dw>', () => {
    fc.assert(
      fc.property(convolutions, ({ x, w, geometry, outShape, seed }) => {
        const dy = normals(`dy${seed}`, outShape);
        const { dx, dw } = reference.conv2dBackward(dy, x, w, geometry, { x: true, w: true });
        const product = inner(reference.conv2d(x, w, null, geometry), dy);
        const tolerance = 1e-12 * (1 + x.data.length * w.data.length);
        expect(Math.abs(inner(x, dx!) - product)).toBeLessThan(tolerance);
        expect(Math.abs(inner(w, dw!) - product)).toBeLessThan(tolerance);
      }),
    );
  });

  it('has the right gradient at every single weight and pixel', () => {
    const x = normals('x', [2, 4, 3, 4]);
    const w = normals('w', [3, 3, 2, 6]);
    const geometry: ConvGeometry = { ...plain, stride: [2, 1], padding: [1, 0, 2, 1], groups: 2 };
    const dy = normals('dy', reference.conv2d(x, w, null, geometry).shape);
    const { dx, dw } = reference.conv2dBackward(dy, x, w, geometry, { x: true, w: true });
    // The map is linear in each argument, so its value at a unit vector is the derivative.
    const unit = (of: NDArray, i: number) => ({
      shape: of.shape,
      data: of.data.map((_, j) => (i === j ? 1 : 0)),
    });
    const alongX = x.data.map((_, i) => inner(reference.conv2d(unit(x, i), w, null, geometry), dy));
    const alongW = w.data.map((_, i) => inner(reference.conv2d(x, unit(w, i), null, geometry), dy));
    expectClose(dx, { shape: x.shape, data: alongX });
    expectClose(dw, { shape: w.shape, data: alongW });
  });

  it('computes only what is needed', () => {
    const x = normals('x', [1, 4, 4, 2]);
    const w = normals('w', [3, 3, 2, 3]);
    const dy = normals('dy', [1, 4, 4, 3]);
    const both = reference.conv2dBackward(dy, x, w, plain, { x: true, w: true });
    const onlyW = reference.conv2dBackward(dy, x, w, plain, { x: false, w: true });
    const onlyX = reference.conv2dBackward(dy, x, w, plain, { x: true, w: false });
    expect(onlyW).toEqual({ dx: null, dw: both.dw });
    expect(onlyX).toEqual({ dx: both.dx, dw: null });
  });

  it('names the shapes that do not fit', () => {
    const x = normals('x', [1, 4, 4, 2]);
    expect(() => reference.conv2d(x, normals('w', [3, 3, 3, 3]), null, plain)).toThrow(
      '[3,3,3,3] in 1 groups',
    );
    const tight: ConvGeometry = { ...plain, kernel: [5, 5], padding: [0, 0, 0, 0] };
    expect(() => reference.conv2d(x, normals('w', [5, 5, 2, 3]), null, tight)).toThrow('5x5 window');
  });
});
