import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConvGeometry, NDArray } from '../../../src/kernels/contract.ts';
import { referenceImages as reference } from '../../../src/kernels/reference/images.ts';
import { conv2d, conv2dBackward, conv2dTranspose } from '../../../src/kernels/wasm/conv/conv2d.ts';
import { convSizes } from '../../../src/kernels/wasm/conv/sizes.ts';
import {
  setWinograd,
  usesWinograd,
  winogradEnabled,
} from '../../../src/kernels/wasm/conv/winograd/choice.ts';
import { outputSize, slidingWindows } from '../reference/window.ts';
import { collect, expectNear, expectSameBits, normals, onAllThreadCounts } from './compare.ts';

/** [in, out, groups]: one channel, odd counts, all tile widths, groups of few and of many channels, depthwise. */
const channelCounts = fc.constantFrom<[number, number, number]>(
  [1, 1, 1],
  [1, 10, 1],
  [3, 16, 1],
  [5, 3, 1],
  [8, 21, 1],
  [4, 6, 2],
  [8, 16, 2],
  [6, 15, 3],
  [3, 3, 3],
  [8, 8, 8],
  [5, 10, 5],
  [18, 9, 9],
);

interface Case {
  x: NDArray;
  w: NDArray;
  dy: NDArray;
  bias: NDArray;
  geometry: ConvGeometry;
}

function makeCase(
  seed: number,
  batch: number,
  size: readonly [number, number],
  [inChannels, outChannels, groups]: readonly [number, number, number],
  window: Omit<ConvGeometry, 'groups'>,
): Case {
  return {
    x: normals(`x${seed}`, [batch, ...size, inChannels]),
    w: normals(`w${seed}`, [...window.kernel, inChannels / groups, outChannels]),
    dy: normals(`dy${seed}`, [batch, ...outputSize(size, window), outChannels]),
    bias: normals(`bias${seed}`, [outChannels]),
    geometry: { ...window, groups },
  };
}

const anyConvolution = fc
  .record({ sliding: slidingWindows, channels: channelCounts })
  .map(({ sliding: { batch, size, window, seed }, channels }) =>
    makeCase(seed, batch, size, channels, window),
  );

const square = (taps: number, padding: ConvGeometry['padding']): Omit<ConvGeometry, 'groups'> => ({
  kernel: [taps, taps],
  stride: [1, 1],
  padding,
  dilation: [1, 1],
});
const threeByThree = (padding: ConvGeometry['padding']) => square(3, padding);
const fiveByFive = (padding: ConvGeometry['padding']) => square(5, padding);
const stride2 = (padding: ConvGeometry['padding']) => ({ ...square(3, padding), stride: [2, 2] as const });
const odd = threeByThree([1, 0, 2, 1]);

/** What Winograd is for: tiles that are cut off at every side, channels with and without a whole last vector. */
const winogradConvolution = fc
  .record({
    seed: fc.nat(),
    taps: fc.constantFrom(3, 5),
    batch: fc.integer({ min: 1, max: 5 }),
    size: fc.tuple(fc.integer({ min: 5, max: 14 }), fc.integer({ min: 5, max: 14 })),
    padding: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
    channels: fc.tuple(fc.integer({ min: 8, max: 21 }), fc.integer({ min: 8, max: 21 })),
  })
  .map(({ seed, taps, batch, size, padding, channels: [inChannels, outChannels] }) =>
    makeCase(seed, batch, size, [inChannels, outChannels, 1], square(taps, padding)),
  );

/** Images of which Winograd's tiles of a strided convolution are mostly full, which is where they are used. */
const stridedConvolution = fc
  .record({
    seed: fc.nat(),
    batch: fc.integer({ min: 4, max: 5 }),
    size: fc.tuple(fc.integer({ min: 13, max: 17 }), fc.integer({ min: 13, max: 17 })),
    padding: fc.tuple(fc.constantFrom(1, 3), fc.nat(3), fc.constantFrom(1, 3), fc.nat(3)),
    channels: fc.tuple(fc.constantFrom(16, 24), fc.integer({ min: 16, max: 21 })),
  })
  .map(({ seed, batch, size, padding, channels: [inChannels, outChannels] }) =>
    makeCase(seed, batch, size, [inChannels, outChannels, 1], stride2(padding)),
  )
  .filter(({ x, w, geometry }) => usesWinograd(convSizes(x.shape, w, geometry)));

/**
 * A sum of k products of standard normal numbers is of size sqrt(k) and takes k roundings of at most 6e-8 of what is summed
 * so far, of random sign: some 6e-8 sqrt(k) of the largest result. k is at most 9 * 21 here, or 5 * 17 * 17 pixels.
 */
const DIRECT = 3e-6;
/** Winograd adds and subtracts numbers of a few times that size; measured up to 3e-6 (src/kernels/wasm/conv/README.md). */
const WINOGRAD = 1.5e-5;

/** What is summed is of size 1, also where there are few results and they all cancel to less. */
const SUMMANDS = 1;

function expectLikeReference({ x, w, dy, bias, geometry }: Case, relu: boolean, tolerance: number): void {
  const needs = { x: true, w: true };
  const expected = reference.conv2dBackward(dy, x, w, geometry, needs);
  const forward = collect(() => conv2d(x, w, relu ? bias : null, geometry, relu));
  expectNear(forward, reference.conv2d(x, w, relu ? bias : null, geometry, relu), tolerance, SUMMANDS);
  const transposed = collect(() => conv2dTranspose(dy, w, x.shape, geometry));
  expectNear(transposed, expected.dx!, tolerance, SUMMANDS);
  for (const of of ['x', 'w'] as const) {
    const [want, name] = of === 'x' ? [expected.dx, 'dx' as const] : [expected.dw, 'dw' as const];
    const only = { x: of === 'x', w: of === 'w' };
    const actual = collect(() => conv2dBackward(dy, x, w, geometry, only)[name]!);
    expectNear(actual, want!, tolerance, SUMMANDS);
  }
}

const initially = winogradEnabled();
afterEach(() => setWinograd(initially));

describe('convolution in WebAssembly', () => {
  it('equals the reference for any window, stride, dilation, padding and groups', () => {
    setWinograd(false);
    fc.assert(
      fc.property(anyConvolution, fc.boolean(), (each, relu) => expectLikeReference(each, relu, DIRECT)),
      { numRuns: 150 },
    );
  });

  it('equals the reference by Winograd, for all image sizes, paddings and channels', () => {
    setWinograd(true);
    fc.assert(
      fc.property(winogradConvolution, fc.boolean(), (each, relu) =>
        expectLikeReference(each, relu, WINOGRAD),
      ),
      { numRuns: 60 },
    );
  });

  it('equals the reference by Winograd over the four phases of a stride of 2', () => {
    setWinograd(true);
    fc.assert(
      fc.property(stridedConvolution, fc.boolean(), (each, relu) =>
        expectLikeReference(each, relu, WINOGRAD),
      ),
      { numRuns: 15 },
    );
  });

  it.each([
    ['many tiles, few channels: gradients of the weights by chunks of tiles', 4, [33, 30], [9, 13, 1], odd],
    ['images larger than the cache, whose rows are touched first', 24, [33, 30], [9, 13, 1], odd],
    ['too many channels for chunks: gradients of the weights by planes', 3, [22, 21], [40, 43, 1], odd],
    ['many channels and tiles: weights transformed by all threads together', 5, [15, 16], [68, 70, 1], odd],
    ['fewer tiles than channels: all by channels', 2, [9, 7], [33, 46, 1], odd],
    ['5x5, by chunks', 2, [33, 30], [9, 13, 1], fiveByFive([1, 0, 2, 1])],
    ['5x5, by planes and weights together', 1, [23, 22], [68, 69, 1], fiveByFive([1, 0, 2, 1])],
    ['5x5, by channels', 1, [9, 10], [17, 38, 1], fiveByFive([1, 0, 2, 1])],
    ['stride 2, by chunks', 4, [31, 30], [16, 19, 1], stride2([1, 2, 3, 0])],
    ['stride 2, by planes and weights together', 4, [16, 15], [40, 60, 1], stride2([1, 1, 1, 1])],
    ['stride 2 and images larger than the cache', 18, [32, 31], [16, 16, 1], stride2([1, 0, 1, 1])],
  ] as const)('equals the reference by Winograd with %s', (_, batch, size, channels, window) => {
    setWinograd(true);
    const each = makeCase(7, batch, size, channels, window);
    const { x, w, dy, geometry } = each;
    expect(usesWinograd(convSizes(x.shape, w, geometry))).toBe(true);
    expectLikeReference(each, true, WINOGRAD);
    const alone = collect(() => conv2dBackward(dy, x, w, geometry, { x: true, w: false }).dx!);
    const together = collect(() => conv2dBackward(dy, x, w, geometry, { x: true, w: true }).dx!);
    expectSameBits(together.data, alone.data);
  });

  it.each([
    ['results larger than the cache, whose rows are touched first', 34, [41, 33], [8, 24, 1], [2, 2]],
    ['more weights than a thread keeps for itself', 1, [7, 6], [64, 73, 1], [1, 1]],
    ['frames larger than the memory that a thread keeps', 1, [3, 1500], [32, 4, 1], [1, 1]],
  ] as const)('equals the reference directly with %s', (_, batch, size, channels, stride) => {
    setWinograd(false);
    const window = { ...threeByThree([1, 1, 1, 1]), stride };
    expectLikeReference(makeCase(4, batch, size, channels, window), true, DIRECT);
  });

  it.each([
    ['8 to 16 channels', 32, 16, 8, 16],
    ['results of one tile', 32, 8, 16, 32],
    ['tiles that reach far over the end', 32, 28, 16, 32],
    ['tiles that reach far over the end, small', 32, 14, 32, 64],
    ['few tiles', 2, 16, 32, 64],
  ])('leaves strided convolutions direct with %s', (_, batch, size, inChannels, outChannels) => {
    setWinograd(true);
    const w = normals('w', [3, 3, inChannels, outChannels]);
    const sizes = convSizes([batch, size, size, inChannels], w, { ...stride2([1, 1, 1, 1]), groups: 1 });
    expect(usesWinograd(sizes)).toBe(false);
  });

  it('is closer to the reference without Winograd', () => {
    const each = makeCase(1, 2, [16, 16], [32, 32, 1], threeByThree([1, 1, 1, 1]));
    setWinograd(false);
    expectLikeReference(each, false, 1.5e-6);
    const direct = collect(() => conv2d(each.x, each.w, null, each.geometry));
    setWinograd(true);
    const winograd = collect(() => conv2d(each.x, each.w, null, each.geometry));
    expect(winograd.data.some((value, i) => value !== direct.data[i])).toBe(true);
  });

  it.each([
    ['Winograd', 9, [33, 30], [24, 20, 1], threeByThree([1, 1, 1, 1])],
    ['Winograd by planes', 9, [33, 30], [64, 40, 1], threeByThree([1, 1, 1, 1])],
    ['Winograd by channels', 2, [9, 7], [24, 44, 1], threeByThree([1, 1, 1, 1])],
    ['Winograd 5x5', 3, [23, 20], [24, 20, 1], fiveByFive([2, 2, 2, 2])],
    ['Winograd 5x5 by planes', 3, [17, 18], [64, 40, 1], fiveByFive([2, 2, 2, 2])],
    ['Winograd 5x5 by channels', 1, [9, 7], [24, 44, 1], fiveByFive([2, 2, 2, 2])],
    ['Winograd with a stride', 5, [32, 30], [24, 20, 1], stride2([1, 1, 1, 1])],
    ['Winograd with a stride, by chunks', 5, [32, 30], [16, 16, 1], stride2([1, 1, 1, 1])],
    ['a stride', 9, [33, 30], [12, 40, 1], { ...threeByThree([1, 1, 1, 1]), stride: [2, 2] }],
    ['few channels', 9, [33, 30], [3, 10, 1], threeByThree([0, 0, 0, 0])],
    ['depthwise', 9, [33, 30], [36, 36, 36], threeByThree([1, 1, 1, 1])],
  ] as const)('gives the same bits on 1, 2 and 3 threads: %s', (_, batch, size, channels, window) => {
    setWinograd(true);
    const { x, w, dy, bias, geometry } = makeCase(2, batch, size, channels, window);
    onAllThreadCounts(() => conv2d(x, w, bias, geometry, true));
    onAllThreadCounts(() => conv2dBackward(dy, x, w, geometry, { x: true, w: false }).dx!);
    onAllThreadCounts(() => conv2dBackward(dy, x, w, geometry, { x: false, w: true }).dw!);
  });

  it('computes only what is needed', () => {
    const { x, w, dy, geometry } = makeCase(3, 1, [6, 6], [8, 8, 1], threeByThree([1, 1, 1, 1]));
    expect(conv2dBackward(dy, x, w, geometry, { x: false, w: true }).dx).toBeNull();
    expect(conv2dBackward(dy, x, w, geometry, { x: true, w: false }).dw).toBeNull();
  });

  it('lets NaN through the fused relu', () => {
    const { x, w, geometry } = makeCase(4, 1, [3, 3], [1, 1, 1], threeByThree([1, 1, 1, 1]));
    x.data[0] = Number.NaN;
    const y = collect(() => conv2d(x, w, null, geometry, true));
    expect([...y.data].map(Number.isNaN)).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('sums over many pixels without losing digits', () => {
    // All terms have the same sign, so rounding errors of a plain float32 sum would grow with its length.
    const each = makeCase(5, 40, [32, 32], [2, 4, 1], threeByThree([1, 1, 1, 1]));
    for (const { data } of [each.x, each.dy]) data.forEach((v, i) => void (data[i] = 1 + Math.abs(v)));
    const expected = reference.conv2dBackward(each.dy, each.x, each.w, each.geometry, { x: false, w: true });
    const { dy, x, w, geometry } = each;
    const actual = collect(() => conv2dBackward(dy, x, w, geometry, { x: false, w: true }).dw!);
    expectNear(actual, expected.dw!, 1e-6);
  });

  it('names the shapes that do not fit', () => {
    const { x, w, geometry } = makeCase(6, 1, [4, 4], [2, 3, 1], threeByThree([0, 0, 0, 0]));
    expect(() => conv2d(x, normals('w', [3, 3, 3, 3]), null, geometry)).toThrow('[3,3,3,3] in 1 groups');
    expect(() => conv2d(x, w, null, { ...geometry, kernel: [5, 5] })).toThrow('5x5 window');
  });
});
