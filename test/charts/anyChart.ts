import fc from 'fast-check';
import type { LineChart } from '../../src/charts/lineChart.ts';

/** Any double, NaN, infinities and the smallest and greatest among them, with ordinary numbers often. */
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer({ min: -3, max: 100 }),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    0,
    -0,
    5e-324,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    0.1,
  ),
);
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.constantFrom('batch', '<script>', '\u001b[2J\n\r'),
);
const anyAxis = fc.record(
  {
    label: anyText,
    unit: anyText,
    type: fc.constantFrom('linear' as const, 'log10' as const, 'log2' as const, 'category' as const),
    reverse: fc.boolean(),
  },
  { requiredKeys: ['label'] },
);
const anyPoint = fc.record(
  { x: anyNumber, y: anyNumber, std: anyNumber, values: fc.array(anyNumber, { maxLength: 4 }) },
  { requiredKeys: ['x', 'y'] },
);

/** Charts of any content: no series, no points, one point, constant series, numbers of any size. */
export const anyChart: fc.Arbitrary<LineChart> = fc.record(
  {
    title: anyText,
    x: anyAxis,
    y: anyAxis,
    series: fc.array(fc.record({ name: anyText, points: fc.array(anyPoint, { maxLength: 40 }) }), {
      maxLength: 9,
    }),
    caption: anyText,
  },
  { requiredKeys: ['title', 'x', 'y', 'series'] },
);
