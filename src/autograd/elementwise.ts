import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import type { UnaryOp } from '../kernels/contract.ts';
import { checkNumber, checkOptions } from '../options.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { Tensor } from './tensor.ts';

/**
 * Functions of one number, applied to every element; shapes stay. The function and its derivative stand side by side in
 * src/kernels/reference/elementwise.ts, one line each; here they only meet the graph.
 */
function unary(op: UnaryOp, x: Tensor, p = 0, q = 0): Tensor {
  requireTensor(op, x);
  const y = kernels(x).unary(op, x, p, q);
  const reads = [readsResult.has(op) ? y : op === 'affine' ? null : x];
  return record(op, y, [x], [reads], (dy) => [kernels(x).unaryBackward(op, dy, x, y, p, q)]);
}

/** Their derivative is made of y, that of the others of x; that of an affine function is a constant. */
const readsResult = new Set<UnaryOp>(['exp', 'sqrt', 'sigmoid', 'tanh']);
/** A number, which may be infinite or NaN: a constant of the user's own arithmetic. */
function checkConstant(name: string, option: string, value: number): void {
  if (typeof value !== 'number') checkNumber(name, option, value);
}

/** y = e^x. */
export const exp = (x: Tensor) => unary('exp', x);
/** y = ln x; NaN below 0. */
export const log = (x: Tensor) => unary('log', x);
export const sqrt = (x: Tensor) => unary('sqrt', x);
/** y = |x|; the derivative at 0 is 0. */
export const abs = (x: Tensor) => unary('abs', x);
export const square = (x: Tensor) => unary('square', x);
export const neg = (x: Tensor) => unary('affine', x, -1, 0);
/** y = scale x + shift, with numbers that are constants. */
export function affine(x: Tensor, scale: number, shift: number): Tensor {
  checkConstant('affine', 'scale', scale);
  checkConstant('affine', 'shift', shift);
  return unary('affine', x, scale, shift);
}
/** y = min(max(x, low), high); the gradient passes where low <= x <= high, as in PyTorch. */
export function clamp(x: Tensor, low: number, high = Infinity): Tensor {
  checkNumber('clamp', 'high', high, -Infinity, Infinity);
  checkNumber('clamp', 'low', low, -Infinity, high);
  return unary('clamp', x, low, high);
}
/** y = x^exponent, for a constant exponent. */
export function powScalar(x: Tensor, exponent: number): Tensor {
  checkConstant('powScalar', 'exponent', exponent);
  return unary('pow', x, exponent);
}

export const relu = (x: Tensor) => unary('relu', x);
/** y = x where x > 0, slope x elsewhere. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  checkNumber('leakyRelu', 'slope', slope);
  return unary('leakyRelu', x, slope);
}
/** y = x where x > 0, alpha (e^x - 1) elsewhere (Clevert, Unterthiner, Hochreiter 2016). */
export function elu(x: Tensor, alpha = 1): Tensor {
  checkNumber('elu', 'alpha', alpha);
  return unary('elu', x, alpha);
}
/**
 * y = x Phi(x), with the exact normal distribution function (Hendrycks and Gimpel 2016). `approximate: 'tanh'` (GPT-2, and Keras
 * where asked) puts (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 in its place, off by up to 5e-4.
 */
export function gelu(x: Tensor, options: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  checkOptions('gelu', options, ['approximate']);
  const { approximate = 'none' } = options;
  if (approximate === 'none') return unary('gelu', x);
  if (approximate === 'tanh') return unary('geluTanh', x);
  throw new Error(`gelu: approximate must be 'none' or 'tanh', got ${shown(approximate)}.`);
}
/** y = x sigmoid(x) (Elfwing, Uchibe, Doya 2017; "swish"). */
export const silu = (x: Tensor) => unary('silu', x);
/** y = x tanh(softplus(x)) (Misra 2019). */
export const mish = (x: Tensor) => unary('mish', x);
/** y = min(max(x / 6 + 1/2, 0), 1): the sigmoid of straight lines. */
export const hardsigmoid = (x: Tensor) => unary('hardsigmoid', x);
/** y = x hardsigmoid(x) (Howard et al. 2019). */
export const hardswish = (x: Tensor) => unary('hardswish', x);
/** y = ln(1 + e^(beta x)) / beta, without overflow. */
export function softplus(x: Tensor, beta = 1): Tensor {
  checkNumber('softplus', 'beta', beta);
  if (beta === 1) return unary('softplus', x);
  if (beta === 0) throw new Error('softplus: beta must not be 0.');
  return affine(unary('softplus', affine(x, beta, 0)), 1 / beta, 0);
}
export const sigmoid = (x: Tensor) => unary('sigmoid', x);
export const tanh = (x: Tensor) => unary('tanh', x);
/** The error function, (2 / sqrt(pi)) times the integral of e^(-t^2) from 0 to x. */
export const erf = (x: Tensor) => unary('erf', x);
