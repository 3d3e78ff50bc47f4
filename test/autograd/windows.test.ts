import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/autograd/index.ts';
import * as ops from '../../src/autograd/index.ts';
import { createRandom } from '../../src/random.ts';
import { checkGradients } from './checkGradients.ts';
import { distinct, normal } from './inputs.ts';

/** Transposed and 1-d convolutions, and pools whose windows reach over the edge or adapt: gradients, and laws over random sizes. */

const dot = (a: Tensor, b: Tensor) => ops.sum(ops.mul(a, b)).item();
const numbers = (shape: readonly number[], seed: number) =>
  ops.randn(shape, createRandom(seed), { dtype: 'float64' });
const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const four = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2));
const padding = fc.oneof(fc.nat(2), pair(0, 2), four);

describe('gradients', () => {
  const transposed: Record<string, [x: number[], w: number[], ops.ConvTranspose2dOptions]> = {
    '3x3': [[2, 4, 3, 3], [3, 3, 2, 3], {}],
    'stride, padding, outputPadding': [
      [1, 3, 4, 2],
      [3, 2, 3, 2],
      { stride: [2, 3], padding: 1, outputPadding: [1, 2] },
    ],
    'groups and uneven padding': [[2, 3, 3, 4], [2, 3, 1, 4], { groups: 2, padding: [1, 0, 0, 2] }],
    'dilation, and rows that no pixel reaches': [
      [1, 3, 2, 1],
      [2, 2, 2, 1],
      { dilation: 3, outputPadding: 2 },
    ],
  };
  for (const [name, [x, w, options]] of Object.entries(transposed)) {
    const out = w[2] * (options.groups ?? 1);
    checkGradients(
      `convTranspose2d ${name}`,
      { x: normal(x, 1), w: normal(w, 2), bias: normal([out], 3) },
      (i) => ops.convTranspose2d(i.x, i.w, i.bias, options),
    );
  }
  checkGradients(
    'conv2d, uneven padding',
    { x: normal([1, 4, 3, 2], 1), w: normal([3, 2, 2, 2], 2) },
    ({ x, w }) => ops.conv2d(x, w, null, { padding: [2, 0, 1, 3] }),
  );
  checkGradients(
    'conv1d',
    { x: normal([2, 6, 4], 1), w: normal([3, 2, 6], 2), bias: normal([6], 3) },
    ({ x, w, bias }) => ops.conv1d(x, w, bias, { groups: 2, stride: 2, padding: [2, 1], relu: true }),
  );
  checkGradients(
    'convTranspose1d',
    { x: normal([2, 3, 4], 1), w: normal([3, 1, 4], 2), bias: normal([2], 3) },
    ({ x, w, bias }) =>
      ops.convTranspose1d(x, w, bias, { groups: 2, stride: 2, padding: 1, outputPadding: 1 }),
  );

  const over = { stride: 2, padding: [1, 0, 0, 1], ceilMode: true } as const;
  checkGradients('maxPool2d, ceilMode', { x: distinct([2, 4, 5, 2]) }, ({ x }) => ops.maxPool2d(x, 3, over));
  checkGradients('avgPool2d, ceilMode', { x: normal([2, 4, 5, 2]) }, ({ x }) => ops.avgPool2d(x, 3, over));
  checkGradients('avgPool2d, divisor', { x: normal([2, 4, 5, 2]) }, ({ x }) =>
    ops.avgPool2d(x, 3, { ...over, divisor: 5 }),
  );
  checkGradients('maxPool1d', { x: distinct([2, 7, 3]) }, ({ x }) => ops.maxPool1d(x, 3, { ceilMode: true }));
  checkGradients('avgPool1d', { x: normal([2, 7, 3]) }, ({ x }) => ops.avgPool1d(x, 3, { padding: [1, 0] }));
  for (const size of [[2, 4], [3, 2], [7, null], 1] as const) {
    checkGradients(`adaptiveAvgPool2d [${size}]`, { x: normal([2, 5, 6, 2]) }, ({ x }) =>
      ops.adaptiveAvgPool2d(x, size),
    );
    checkGradients(`adaptiveMaxPool2d [${size}]`, { x: distinct([2, 5, 6, 2]) }, ({ x }) =>
      ops.adaptiveMaxPool2d(x, size),
    );
  }
  checkGradients('adaptiveAvgPool1d', { x: normal([2, 5, 3]) }, ({ x }) => ops.adaptiveAvgPool1d(x, 3));
  checkGradients('adaptiveMaxPool1d', { x: distinct([2, 5, 3]) }, ({ x }) => ops.adaptiveMaxPool1d(x, 3));
});

test('convTranspose2d is the transpose of conv2d: <conv2d(x, w), y> = <x, convTranspose2d(y, w)>, whatever conv2d rounds away', () => {
  const sizes = fc.record({
    image: pair(1, 8),
    kernel: pair(1, 3),
    stride: pair(1, 3),
    dilation: pair(1, 2),
    padding: four,
    groups: fc.constantFrom(1, 2),
    seed: fc.nat(1000),
  });
  fc.assert(
    fc.property(sizes, ({ image, kernel, stride, dilation, padding, groups, seed }) => {
      const extent = (axis: number) => (kernel[axis] - 1) * dilation[axis] + 1;
      const padded = (axis: number) => image[axis] + padding[2 * axis] + padding[2 * axis + 1];
      fc.pre(padded(0) >= extent(0) && padded(1) >= extent(1));
      const rest = [0, 1].map((axis) => (padded(axis) - extent(axis)) % stride[axis]);
      const x = numbers([2, ...image, 4], seed);
      const w = numbers([...kernel, 4 / groups, 2], seed + 1);
      const there = ops.conv2d(x, w, null, { stride, dilation, padding, groups });
      const y = numbers(there.shape, seed + 2);
      const back = ops.convTranspose2d(y, w, null, {
        ...{ stride, dilation, padding, groups },
        outputPadding: [rest[0], rest[1]],
      });
      expect(back.shape).toEqual(x.shape);
      expect(dot(x, back)).toBeCloseTo(dot(there, y), 9);
    }),
    { numRuns: 60 },
  );
});

test('padding is a border of zeros, or for maxima of -Infinity, on the sides that it names', () => {
  fc.assert(
    fc.property(padding, pair(1, 3), pair(1, 2), fc.nat(1000), (given, kernel, stride, seed) => {
      const [a, b = a, c = b, d = c] = [given].flat();
      const [top, bottom, left, right] =
        Array.isArray(given) && given.length === 4 ? [a, b, c, d] : [a, a, b, b];
      const x = numbers([1, 4, 3, 2], seed);
      const w = numbers([...kernel, 2, 3], seed);
      const around = (value: number) => ops.pad(x, [0, top, left, 0], [0, bottom, right, 0], value);
      const options = { stride, padding: given };
      const padded = ops.conv2d(around(0), w, null, { stride });
      expect(ops.conv2d(x, w, null, options).toArray()).toEqual(padded.toArray());
      expect(ops.avgPool2d(x, kernel, options).toArray()).toEqual(
        ops.avgPool2d(around(0), kernel, { stride }).toArray(),
      );
      const maxima = ops.maxPool2d(around(-Infinity), kernel, { stride }).toArray();
      fc.pre(maxima.every(Number.isFinite));
      expect(ops.maxPool2d(x, kernel, options).toArray()).toEqual(maxima);
    }),
    { numRuns: 60 },
  );
});

/** One pooled axis by its definition: PyTorch's documentation of AvgPool1d and MaxPool1d. */
function pooled(
  x: readonly number[],
  k: number,
  stride: number,
  pad: number,
  ceil: boolean,
  kind: string,
): number[] {
  const round = ceil ? Math.ceil : Math.floor;
  let count = round((x.length + 2 * pad - k) / stride) + 1;
  if (ceil && (count - 1) * stride >= x.length + pad) count--;
  return Array.from({ length: count }, (_, i) => {
    const start = i * stride - pad;
    const end = Math.min(start + k, x.length + pad);
    const values = x.slice(Math.max(0, start), Math.min(end, x.length));
    if (kind === 'max') return Math.max(...values);
    const total = values.reduce((a, b) => a + b, 0);
    return total / (kind === 'all' ? end - start : values.length);
  });
}

test('ceilMode adds the window that begins on the image or its padding, and its cells beyond do not count', () => {
  const sizes = fc.record({
    length: fc.integer({ min: 1, max: 9 }),
    k: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 4 }),
    pad: fc.nat(2),
    ceilMode: fc.boolean(),
    seed: fc.nat(1000),
  });
  fc.assert(
    fc.property(sizes, ({ length, k, stride, pad, ceilMode, seed }) => {
      fc.pre(2 * pad <= k && length + 2 * pad >= k);
      const x = numbers([1, length, 1], seed);
      const options = { stride, padding: pad, ceilMode };
      const expected = (kind: string) => pooled(x.toArray(), k, stride, pad, ceilMode, kind);
      const near = (y: Tensor, values: readonly number[]) => {
        expect(y.size).toBe(values.length);
        values.forEach((value, i) => void expect(y.data[i]).toBeCloseTo(value, 12));
      };
      near(ops.maxPool1d(x, k, options), expected('max'));
      near(ops.avgPool1d(x, k, options), expected('all'));
      near(ops.avgPool1d(x, k, { ...options, countPadding: false }), expected('image'));
    }),
    { numRuns: 120 },
  );
});

test('adaptive pools take the windows floor(i L / out) to ceil((i + 1) L / out), the first of equal maxima its gradient', () => {
  fc.assert(
    fc.property(pair(1, 7), pair(1, 7), fc.nat(1000), ([height, width], [rows, columns], seed) => {
      // Few values, so that maxima tie
      const x = ops.tensor(numbers([1, height, width, 1], seed).data.map(Math.round), [1, height, width, 1], {
        requiresGrad: true,
      });
      const mean = ops.adaptiveAvgPool2d(x, [rows, columns]);
      const most = ops.adaptiveMaxPool2d(x, [rows, columns]);
      expect([mean.shape, most.shape]).toEqual(Array(2).fill([1, rows, columns, 1]));
      const dx = new Float64Array(x.size);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const cells: number[] = [];
          for (let h = Math.floor((i * height) / rows); h < Math.ceil(((i + 1) * height) / rows); h++) {
            for (let w = Math.floor((j * width) / columns); w < Math.ceil(((j + 1) * width) / columns); w++) {
              cells.push(h * width + w);
            }
          }
          const values = cells.map((cell) => x.data[cell]);
          expect(mean.data[i * columns + j]).toBeCloseTo(
            values.reduce((a, b) => a + b, 0) / values.length,
            12,
          );
          expect(most.data[i * columns + j]).toBe(Math.max(...values));
          dx[cells[values.indexOf(Math.max(...values))]] += i + 2 * j + 1;
        }
      }
      most.backward({
        gradient: ops.tensor(
          Float64Array.from(
            { length: most.size },
            (_, at) => Math.floor(at / columns) + 2 * (at % columns) + 1,
          ),
          most.shape,
        ),
      });
      expect(x.grad?.toArray()).toEqual([...dx]);
    }),
    { numRuns: 60 },
  );
});

test('what does not fit is said in the name of the operation that was called', () => {
  const [line, image] = [numbers([2, 5, 4], 1), numbers([2, 4, 4, 4], 1)];
  const cases: [() => unknown, RegExp][] = [
    [() => ops.conv1d(image, numbers([3, 4, 2], 1)), /conv1d: expected \[N, L, in\] .* got \[2, 4, 4, 4\]/],
    [() => ops.conv1d(line, numbers([3, 3, 2], 1)), /conv1d: .* got \[2, 5, 4\] and \[3, 3, 2\]/],
    [() => ops.conv1d(line, numbers([9, 4, 2], 1)), /conv1d: a window of 1x9 cells does not fit/],
    [() => ops.conv1d(line, numbers([3, 4, 2], 1), numbers([3], 1)), /conv1d: the bias has one value/],
    [
      () => ops.conv1d(line, numbers([3, 4, 2], 1), null, { padding: [1, 2, 3] as never }),
      /conv1d: padding must be/,
    ],
    [() => ops.maxPool1d(image, 2), /maxPool1d: expected sequences \[N, L, C\]/],
    [() => ops.maxPool1d(line, 0), /maxPool1d: the window must be/],
    [() => ops.avgPool2d(image, 2, { divisor: 0 }), /avgPool2d: divisor must not be 0/],
    [
      () => ops.avgPool2d(image, 2, { padding: [1, 2, 3] as never }),
      /padding must be 'same', 'valid', a whole number/,
    ],
    [() => ops.adaptiveAvgPool2d(image, 0), /adaptiveAvgPool2d: the size of the result is/],
    [() => ops.adaptiveMaxPool1d(line, null as never), /adaptiveMaxPool1d: the size of the result must be/],
    [
      () => ops.convTranspose2d(image, numbers([3, 3, 2, 3], 1)),
      /convTranspose2d: expected images .* got \[2, 4, 4, 4\] and \[3, 3, 2, 3\]/,
    ],
    [
      () => ops.convTranspose2d(image, numbers([3, 3, 2, 4], 1), null, { stride: 2, outputPadding: 2 }),
      /outputPadding must be smaller than the stride or the dilation, got 2 with at most 2/,
    ],
    [
      () => ops.convTranspose2d(image, numbers([1, 1, 2, 4], 1), null, { padding: 2 }),
      /nothing is left of images/,
    ],
    [
      () => ops.convTranspose1d(line, numbers([3, 2, 4], 1), null, { padding: 'same' as never }),
      /padding must be/,
    ],
  ];
  for (const [call, message] of cases) expect(call).toThrow(message);
});
