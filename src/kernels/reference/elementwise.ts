import type { BinaryOp, NDArray, Numbers, Shape, UnaryOp } from '../contract.ts';
import { erf, erfc } from './erf.ts';
import { zerosLike } from './results.ts';
import { broadcasting, walkRows } from './strided.ts';

interface UnaryRule {
  /** y = f(x); p and q are the op's parameters. */
  f: (x: number, p: number, q: number) => number;
  /** dy/dx, from whichever of x and y makes it cheap. At a kink: what PyTorch takes. */
  d: (x: number, y: number, p: number, q: number) => number;
}

const unaryRules: Record<UnaryOp, UnaryRule> = {
  affine: { f: (x, p, q) => p * x + q, d: (_x, _y, p) => p },
  exp: { f: Math.exp, d: (_x, y) => y },
  log: { f: Math.log, d: (x) => 1 / x },
  sqrt: { f: Math.sqrt, d: (_x, y) => 0.5 / y },
  abs: { f: Math.abs, d: (x) => Math.sign(x) },
  square: { f: (x) => x * x, d: (x) => 2 * x },
  pow: { f: (x, p) => x ** p, d: (x, _y, p) => (p === 0 ? 0 : p * x ** (p - 1)) },
  clamp: { f: (x, p, q) => Math.min(Math.max(x, p), q), d: (x, _y, p, q) => (x >= p && x <= q ? 1 : 0) },
  relu: { f: (x) => Math.max(x, 0), d: (x) => (x <= 0 ? 0 : 1) },
  leakyRelu: { f: (x, p) => (x > 0 ? x : p * x), d: (x, _y, p) => (x > 0 ? 1 : p) },
  elu: { f: (x, p) => (x > 0 ? x : p * Math.expm1(x)), d: (x, _y, p) => (x > 0 ? 1 : p * Math.exp(x)) },
  gelu: { f: (x) => x * normalCdf(x), d: (x) => normalCdf(x) + x * normalDensity(x) },
  geluTanh: {
    f: (x) => x * sigmoid(geluArgument(x)),
    d: (x) => sigmoid(geluArgument(x)) * (1 + x * sigmoid(-geluArgument(x)) * geluArgumentSlope(x)),
  },
  silu: { f: (x) => x * sigmoid(x), d: (x) => sigmoid(x) * (1 + x * sigmoid(-x)) },
  mish: { f: (x) => x * mishGate(x).gate, d: (x) => mishGate(x).gate + x * mishGate(x).slope },
  hardsigmoid: {
    f: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
    d: (x) => (x > -3 && x < 3 ? 1 / 6 : 0),
  },
  hardswish: {
    f: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    d: (x) => (x < -3 ? 0 : x <= 3 ? x / 3 + 0.5 : 1),
  },
  softplus: { f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), d: (x) => sigmoid(x) },
  sigmoid: { f: sigmoid, d: (_x, y) => y * (1 - y) },
  tanh: { f: Math.tanh, d: (_x, y) => 1 - y * y },
  erf: { f: erf, d: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) },
};

const binaryRules: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  maximum: Math.max,
  minimum: Math.min,
  greater: (a, b) => (a > b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  where: (a, b) => (b !== 0 ? a : 0),
};

export function unary(op: UnaryOp, x: NDArray, p = 1, q = 0): NDArray {
  const { f } = unaryRules[op];
  const y = zerosLike(x, x.shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i], p, q);
  return y;
}

export function unaryBackward(op: UnaryOp, dy: NDArray, x: NDArray, y: NDArray, p = 1, q = 0): NDArray {
  const { d } = unaryRules[op];
  const dx = zerosLike(dy, x.shape);
  for (let i = 0; i < dx.data.length; i++) dx.data[i] = dy.data[i] * d(x.data[i], y.data[i], p, q);
  return dx;
}

export function binary(op: BinaryOp, a: NDArray, b: NDArray): NDArray {
  const f = binaryRules[op];
  const shape = broadcastShape(a.shape, b.shape);
  const y = zerosLike(a, shape);
  const [from, other, to] = [a.data, b.data, y.data];
  let at = 0;
  walkRows(
    shape,
    broadcasting(a.shape, shape),
    broadcasting(b.shape, shape),
    (ia, ib, length, stepA, stepB) => {
      for (let i = 0; i < length; i++) to[at++] = f(from[ia + i * stepA], other[ib + i * stepB]);
    },
  );
  return y;
}

export function addInto(a: Numbers, b: Numbers): void {
  for (let i = 0; i < a.length; i++) a[i] += b[i];
}

/** NumPy's rule: axes are matched from the right, and a length of 1 gives way. */
function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const lengthA = a[axis - rank + a.length] ?? 1;
    return lengthA === 1 ? (b[axis - rank + b.length] ?? 1) : lengthA;
  });
}

/** Each branch raises e to a negative power only, so nothing overflows. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** Phi(x), by erfc so that the left tail keeps its digits. */
function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

/** (1 + tanh u) / 2 = sigmoid(2 u), which keeps its digits in the left tail; beyond 30 it is 0 or 1 to all digits. */
function geluArgument(x: number): number {
  const held = Math.min(Math.max(x, -30), 30);
  return 2 * Math.sqrt(2 / Math.PI) * (held + 0.044715 * held ** 3);
}

function geluArgumentSlope(x: number): number {
  const held = Math.min(Math.max(x, -30), 30);
  return 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * held ** 2);
}

/** tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2), and its derivative 4 e^x (e^x + 1) / (n + 2)^2. */
function mishGate(x: number): { gate: number; slope: number } {
  const e = Math.exp(Math.min(x, 300));
  const n = e * (e + 2);
  return { gate: n / (n + 2), slope: (4 * ((e * (e + 1)) / (n + 2))) / (n + 2) };
}

function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}
