import { shown } from '../errors.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';
import { checkNumber, checkOptions, checkShape } from '../options.ts';
import type { Random } from '../random.ts';

/**
 * The first values of a weight: dense [in, out] or convolution [kh, kw, in / groups, out]. Why their size matters: a layer
 * multiplies the variance of what passes by fanIn var(w) forward and by fanOut var(w) backward.
 */
export type Initializer = (shape: Shape, random: Random) => Float32Array;

/** How many inputs one output sees (`in`) and how many outputs one input reaches (`out`, counted as in PyTorch: all groups). */
export function fans(shape: Shape): { in: number; out: number } {
  checkShape('fans', shape);
  const window = sizeOf(shape.slice(0, -2));
  const [inputs, outputs] = shape.length === 1 ? [shape[0], shape[0]] : shape.slice(-2);
  return { in: window * inputs, out: window * outputs };
}

export interface HeOptions {
  /** 'in' keeps the variance of the activations, 'out' that of the gradients; default: 'in'. */
  fan?: 'in' | 'out';
  /** The slope of the leaky ReLU behind the layer; 0: ReLU. */
  slope?: number;
}

interface GainOptions {
  /** Multiplies the deviation; default: 1. */
  gain?: number;
}

/** N(0, 2 / ((1 + slope^2) fan)): half of the signal dies in a ReLU, hence the 2 (He et al. 2015, eq. 10 and 15). */
export function heNormal(options: HeOptions = {}): Initializer {
  checkHe('heNormal', options);
  return (shape, random) => normal({ std: heStd(shape, options) })(shape, random);
}

/** Uniform with the variance of heNormal. */
export function heUniform(options: HeOptions = {}): Initializer {
  checkHe('heUniform', options);
  return (shape, random) => symmetric(heStd(shape, options), shape, random);
}

/** N(0, gain^2 2 / (fanIn + fanOut)), for layers without a ReLU (Glorot and Bengio 2010, eq. 12). */
export function xavierNormal(options: GainOptions = {}): Initializer {
  const gain = gainOf('xavierNormal', options);
  return (shape, random) => normal({ std: gain * xavierStd(shape) })(shape, random);
}

/** Uniform with the variance of xavierNormal (eq. 16); Keras' default, "glorot_uniform". */
export function xavierUniform(options: GainOptions = {}): Initializer {
  const gain = gainOf('xavierUniform', options);
  return (shape, random) => symmetric(gain * xavierStd(shape), shape, random);
}

/** PyTorch's default for Linear and Conv2d: uniform in +-1 / sqrt(fanIn), which is heUniform with slope sqrt(5). */
export function torchDefault(): Initializer {
  return heUniform({ slope: Math.sqrt(5) });
}

export function uniform(options: { low: number; high: number }): Initializer {
  checkOptions('uniform', options, ['low', 'high']);
  const { low, high } = options;
  checkNumber('uniform', 'low', low);
  checkNumber('uniform', 'high', high);
  return (shape, random) => fill(shape, () => low + (high - low) * random.uniform());
}

export function normal(options: { mean?: number; std: number }): Initializer {
  checkOptions('normal', options, ['mean', 'std']);
  const { mean = 0, std } = options;
  checkNumber('normal', 'mean', mean);
  checkNumber('normal', 'std', std, 0);
  return (shape, random) => fill(shape, () => mean + std * random.normal());
}

export function constant(value: number): Initializer {
  checkNumber('constant', 'the value', value);
  return (shape) => fill(shape, () => value);
}

/**
 * A random orthogonal matrix times gain (Saxe, McClelland, Ganguli 2014): the weight as [fanIn, out] has orthonormal columns,
 * or rows where there are more outputs than inputs. Normal vectors, made orthonormal one after another (Gram and Schmidt).
 */
export function orthogonal(options: GainOptions = {}): Initializer {
  const gain = gainOf('orthogonal', options);
  return (shape, random) => {
    const columns = shape[shape.length - 1];
    const rows = sizeOf(shape) / columns;
    const vectors: Float64Array[] = [];
    for (let i = 0; i < Math.min(rows, columns); i++) {
      const vector = Float64Array.from({ length: Math.max(rows, columns) }, () => random.normal());
      // The second round removes what rounding left of the others ("twice is enough", Kahan; Parlett 1980).
      for (let round = 0; round < 2; round++) for (const other of vectors) subtractAlong(vector, other);
      const length = Math.sqrt(dot(vector, vector));
      vectors.push(vector.map((value) => value / length));
    }
    let index = 0;
    return fill(shape, () => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      index++;
      return gain * (rows >= columns ? vectors[column][row] : vectors[row][column]);
    });
  };
}

function checkHe(name: string, options: HeOptions): void {
  checkOptions(name, options, ['fan', 'slope']);
  const { fan = 'in', slope = 0 } = options;
  if (fan !== 'in' && fan !== 'out')
    throw new Error(`${name}: fan must be 'in' or 'out', got ${shown(fan)}.`);
  checkNumber(name, 'slope', slope);
}

function gainOf(name: string, options: GainOptions): number {
  checkOptions(name, options, ['gain']);
  const { gain = 1 } = options;
  checkNumber(name, 'gain', gain);
  return gain;
}

function heStd(shape: Shape, { fan = 'in', slope = 0 }: HeOptions): number {
  return Math.sqrt(2 / ((1 + slope * slope) * fans(shape)[fan]));
}

function xavierStd(shape: Shape): number {
  const fan = fans(shape);
  return Math.sqrt(2 / (fan.in + fan.out));
}

/** Uniform in +-limit has the standard deviation limit / sqrt(3). */
function symmetric(std: number, shape: Shape, random: Random): Float32Array {
  const limit = Math.sqrt(3) * std;
  return uniform({ low: -limit, high: limit })(shape, random);
}

/** A loop, which takes half the time of Float32Array.from: networks begin with millions of draws. */
function fill(shape: Shape, next: () => number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = next();
  return values;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** Removes from `vector` its part along the unit vector `other`. */
function subtractAlong(vector: Float64Array, other: Float64Array): void {
  const part = dot(vector, other);
  for (let i = 0; i < vector.length; i++) vector[i] -= part * other[i];
}
