import { inPairs } from '../../builder/features.ts';
import { type F32x4, type FunctionBuilder, f32x4, type I32 } from '../../builder/index.ts';

/**
 * The one-dimensional transforms of Winograd's minimal filtering F(4, 3): four outputs of a 3-tap filter from six inputs
 * with six multiplications instead of twelve (Winograd 1980; for convolutions Lavin and Gray 2016):
 *
 *   y = A^T [(G g) * (B^T d)]
 *
 * It is polynomial multiplication by evaluation at six points: 0, a, -a, b, -b and infinity. Lavin and Gray take a = 1,
 * b = 2. Their powers make sums of numbers of very different size, which costs digits; a = 5/8 and b = 3/2 (oneDNN's
 * choice) keep them close to 1 and the error several times smaller (README.md), and are exact in float32 as well.
 *
 * Each function writes one matrix-vector product. The gradients use the transposed matrices.
 */
const a = 5 / 8;
const b = 3 / 2;
const a2 = a * a;
const b2 = b * b;
/** (x^2 - a2)(x^2 - b2) = x^4 - s x^2 + p */
const s = a2 + b2;
const p = a2 * b2;
/** 1 / product of the differences to the other points: the interpolation weights of 0, +-a, +-b. */
const n0 = 1 / p;
const na = 1 / (2 * a2 * (a2 - b2));
const nb = 1 / (2 * b2 * (b2 - a2));

export type Line = (f: FunctionBuilder, values: F32x4[]) => F32x4[];

/** B^T d: 6 to 6, for the image's tiles. */
export const inputLine: Line = (f, [d0, d1, d2, d3, d4, d5]) => {
  const evenA = f.let(d2.nmadd(b2, d4));
  const oddA = f.let(d1.nmadd(b2, d3));
  const evenB = f.let(d2.nmadd(a2, d4));
  const oddB = f.let(d1.nmadd(a2, d3));
  return [
    d0.madd(p, d2.nmadd(s, d4)),
    oddA.madd(a, evenA),
    oddA.nmadd(a, evenA),
    oddB.madd(b, evenB),
    oddB.nmadd(b, evenB),
    d1.madd(p, d3.nmadd(s, d5)),
  ];
};

/** A^T m: 6 to 4, from products to the result. */
export const outputLine: Line = (f, [m0, m1, m2, m3, m4, m5]) => {
  const evenA = f.let(m1.plus(m2));
  const oddA = f.let(m1.minus(m2));
  const evenB = f.let(m3.plus(m4));
  const oddB = f.let(m3.minus(m4));
  return [
    m0.plus(evenA).plus(evenB),
    oddB.madd(b, oddA.times(a)),
    evenB.madd(b2, evenA.times(a2)),
    oddB.madd(b * b2, oddA.madd(a * a2, m5)),
  ];
};

/** A y: 4 to 6, from the result's gradient to the products'. */
export const outputGradientLine: Line = (f, [y0, y1, y2, y3]) => {
  const evenA = f.let(y2.madd(a2, y0));
  const oddA = f.let(y3.madd(a2, y1));
  const evenB = f.let(y2.madd(b2, y0));
  const oddB = f.let(y3.madd(b2, y1));
  return [y0, oddA.madd(a, evenA), oddA.nmadd(a, evenA), oddB.madd(b, evenB), oddB.nmadd(b, evenB), y3];
};

/** G g: 3 to 6, for the weights. */
export const weightLine: Line = (f, [g0, g1, g2]) => {
  const evenA = f.let(g2.madd(a2 * na, g0.times(na)));
  const evenB = f.let(g2.madd(b2 * nb, g0.times(nb)));
  return [
    g0.times(n0),
    g1.madd(a * na, evenA),
    g1.nmadd(a * na, evenA),
    g1.madd(b * nb, evenB),
    g1.nmadd(b * nb, evenB),
    g2,
  ];
};

/** G^T u: 6 to 3, from the gradient of the transformed weights to that of the weights. */
export const weightGradientLine: Line = (f, [u0, u1, u2, u3, u4, u5]) => {
  const evenA = f.let(u1.plus(u2));
  const evenB = f.let(u3.plus(u4));
  return [
    evenB.madd(nb, evenA.madd(na, u0.times(n0))),
    u3.minus(u4).madd(b * nb, u1.minus(u2).times(a * na)),
    evenB.madd(b2 * nb, evenA.madd(a2 * na, u5)),
  ];
};

/** One vector, or two that lie side by side (inPairs in ../../builder/features.ts). */
export type Value = F32x4[];

/** Runs `body` for so many vectors, which lie side by side: in pairs where the engine joins those, the last one alone. */
export function eachValue(
  f: FunctionBuilder,
  vectors: number,
  body: (bytes: I32, width: number) => void,
): void {
  const paired = inPairs() ? vectors & -2 : 0;
  if (paired > 0) f.for(0, paired * 16, 32, (at) => body(at, 2));
  if (paired < vectors) f.for(paired * 16, vectors * 16, 16, (at) => body(at, 1));
}

/** The first vector and the width of each value, where vectors are counted at build time. */
export const values = (vectors: number): [first: number, width: number][] => {
  const paired = inPairs() ? vectors & -2 : 0;
  return Array.from({ length: vectors }, (_, v): [number, number] => [v, v < paired ? 2 : 1]).filter(
    ([v, width]) => width === 1 || v % 2 === 0,
  );
};

export const loadValue = (f: FunctionBuilder, width: number, address: I32, offset: number): Value =>
  Array.from({ length: width }, (_, v) => f.load4(address, offset + v * 16));

/** `line` for each vector of the values; those of a pair are computed before any of them is stored. */
function lineOf(f: FunctionBuilder, line: Line, values: Value[]): Value[] {
  const lines = values[0].map((_, v) => {
    const vectors = values.map((value) => value[v]);
    return line(f, vectors);
  });
  const [first, second] = lines;
  return first.map((vector, i) => (second === undefined ? [vector] : [f.let(vector), f.let(second[i])]));
}

/**
 * A two-dimensional transform, rows x columns values of `width` vectors to square results: `line` down every column, through a
 * scratch block `between` of cells, then along every row. A column that is not `there` is all zeros.
 */
export function transform2d(
  f: FunctionBuilder,
  line: Line,
  { size, width }: { size: number; width: number },
  between: I32,
  load: (row: number, column: number) => Value,
  store: (row: number, column: number, value: Value) => void,
  there?: (column: number) => I32,
): void {
  const held = (value: Value): Value => value.map((vector) => f.let(vector));
  const zero: Value = Array.from({ length: width }, () => f32x4.of(0));
  const cell = (row: number, column: number): number => (row * size + column) * width * 16;
  let results = 0;
  for (let column = 0; column < size; column++) {
    const transform = (): void => {
      const values = Array.from({ length: size }, (_, row) => held(load(row, column)));
      const out = lineOf(f, line, values);
      results = out.length;
      out.forEach((value, row) => {
        f.storeRow(between, value, 4, cell(row, column));
      });
    };
    const clear = (): void => {
      for (let row = 0; row < results; row++) f.storeRow(between, zero, 4, cell(row, column));
    };
    if (there === undefined) f.block(transform);
    else f.if(there(column), transform, clear);
  }
  for (let row = 0; row < results; row++) {
    f.block(() => {
      const values = Array.from({ length: size }, (_, column) =>
        held(loadValue(f, width, between, cell(row, column))),
      );
      lineOf(f, line, values).forEach((value, column) => {
        store(row, column, value);
      });
    });
  }
}
