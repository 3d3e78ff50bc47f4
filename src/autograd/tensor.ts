import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import { type NDArray, type Numbers, type Shape, sizeOf } from '../kernels/contract.ts';
import { checkShape } from '../options.ts';
import { backward } from './backward.ts';
import { describe } from './describe.ts';
import type { GraphNode } from './graph.ts';
import { Operations } from './methods.ts';
import { noteWrite } from './unchanged.ts';
import { noteCopy } from './watch.ts';

export type DType = 'float32' | 'float64';

/**
 * Numbers with a shape, row-major and channels last, that may take part in a graph of operations.
 *
 * Operations are methods too, x.add(y) as add(x, y) (methods.ts has them all).
 *
 * float32 to train, float64 to check: an operation's result has the dtype of its inputs, which must agree.
 *
 * Memory needs no care. Results on the graph live for one step: they stay readable, and may be asked for their own
 * `backward()`, after another `backward()` and after `optimizer.step()`, until the next forward pass begins. Results inside
 * `noGrad(() => ...)` live for the block. Everything else is ordinary. Reading a result after its time throws and names the
 * fix; it never gives stale numbers.
 */
export class Tensor extends Operations implements NDArray {
  readonly shape: Shape;
  readonly dtype: DType;
  /** True for leaves that collect a gradient and for every result computed from them. */
  requiresGrad: boolean;
  /** dL/d(this), after `backward()`; only on leaves. Calls of `backward()` add to it. */
  grad: Tensor | null = null;
  /** Every optimizer step puts a parameter's values back between these two; null: values may be anything. */
  constraint: { low: number; high: number } | null = null;
  /** The operation that made this tensor; null for leaves and for results off the graph. */
  node: GraphNode | null = null;
  /** An optimizer has it (reached.ts). */
  isTrained = false;
  /** Parameters keep their gradient in the kernels' own memory (backward.ts). */
  readonly lasting: boolean;

  #data: Numbers | null;
  #whyGone = '';

  constructor(data: Numbers, shape: Shape, { requiresGrad = false, lasting = false } = {}) {
    super();
    const isDouble = data instanceof Float64Array;
    if (!(isDouble || data instanceof Float32Array) || !holds(shape, data.length)) refuse(data, shape);
    this.#data = data;
    this.shape = shape;
    this.dtype = isDouble ? 'float64' : 'float32';
    this.requiresGrad = requiresGrad;
    this.lasting = lasting;
  }

  /**
   * The numbers themselves, not a copy. Throws when their memory has gone back to the pool. To change them, better call
   * `set()`: a backward() that still needs the old ones always notices that. What is written here it notices in float64, and in
   * float32 in the first 8 steps and then in one of 256 (`detectOverwriting`): looking takes time.
   */
  get data(): Numbers {
    if (this.#data === null) {
      throw new Error(`Tensor [${this.shape.join(', ')}]: ${this.#whyGone}`);
    }
    return this.#data;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** The value of a tensor that holds one number. */
  item(): number {
    if (this.size !== 1) {
      throw new Error(
        `item(): needs a tensor of one value, got shape [${this.shape.join(', ')}]. Use toArray().`,
      );
    }
    return this.data[0];
  }

  /**
   * Overwrites the numbers, in place, with as many others in row-major order. A backward() that still needs the old ones throws.
   * Throws on a result of an operation, whose gradient would be that of numbers that it no longer has.
   */
  set(values: ArrayLike<number>): void {
    if (this.node !== null) {
      throw new Error(
        `set(): this tensor [${this.shape.join(', ')}] is the result of ${this.node.name}. Set a leaf, or a copy: x.detach().`,
      );
    }
    const { data } = this;
    if (values.length !== data.length) {
      throw new Error(
        `set(): the tensor [${this.shape.join(', ')}] holds ${data.length} numbers, got ${values.length}.`,
      );
    }
    data.set(values);
    noteWrite(data);
  }

  /** A copy of the numbers as a flat array. */
  toArray(): number[] {
    return Array.from(this.data);
  }

  /** A copy off the graph that lives as long as it is referenced. */
  clone(): Tensor {
    return noteCopy(new Tensor(this.data.slice(), this.shape), this);
  }

  /** The same numbers off the graph. Results and parameters are copied, so that the tensor outlives them. */
  detach(): Tensor {
    const lives = this.node === null && !this.lasting && !kernels(this).owns(this.data);
    return lives ? noteCopy(new Tensor(this.data, this.shape), this) : this.clone();
  }

  /**
   * Adds d(this)/d(leaf) to `leaf.grad` for every leaf that requires a gradient. `gradient` [shape of this] is dL/d(this);
   * the default, 1, is for a tensor of a single number. The graph is used up unless `retainGraph` is true.
   */
  backward(options: { gradient?: NDArray; retainGraph?: boolean } = {}): void {
    backward(this, options);
  }

  /** `tensor [2, 2]: [[1, 2], [3, 4]]` */
  override toString(): string {
    return describe(this);
  }

  /** Shape, dtype and all numbers in one flat list: what `tensor(data, shape, { dtype })` reads. */
  toJSON(): { shape: Shape; dtype: DType; data: number[] } {
    return { shape: this.shape, dtype: this.dtype, data: this.toArray() };
  }

  /** What console.log prints in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return describe(this);
  }

  /** Text where text is wanted. JavaScript's operators are refused: `a + b` would be a number off the graph, or nonsense. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return describe(this);
    throw new Error(
      `Tensor [${this.shape.join(', ')}]: JavaScript's operators (+, *, <, ==) do not work on tensors. Use add(a, b) or ` +
        'mul(a, b) for a tensor, .item() for the number of a tensor of one, and String(x) for text.',
    );
  }

  /** Other storage for the same numbers (lifetime.ts). */
  moveTo(data: Numbers): void {
    this.#data = data;
  }

  /** Have the numbers gone back to the pool? Then `data` throws. */
  get isGone(): boolean {
    return this.#data === null;
  }

  /** Ends the life of the numbers; reading them from now on throws `why` (lifetime.ts). */
  reclaim(why: string): void {
    this.#data = null;
    this.#whyGone = why;
    this.node = null;
  }
}

/** Is `shape` a list of whole numbers of 0 or more whose product is `count`? */
function holds(shape: Shape, count: number): boolean {
  if (!Array.isArray(shape)) return false;
  let size = 1;
  for (const length of shape) {
    if (!(length >= 0) || !Number.isInteger(length)) return false;
    size *= length;
  }
  return size === count;
}

function refuse(data: unknown, shape: unknown): never {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    const isForeign = /^\[object Float(32|64)Array\]$/.test(Object.prototype.toString.call(data));
    throw new Error(
      `Tensor: data is a Float32Array or a Float64Array, got ${shown(data)}${isForeign ? ' of another realm (a frame, a vm context)' : ''}. tensor(values, shape) makes a tensor of any numbers.`,
    );
  }
  checkShape('Tensor', shape);
  const { length } = data;
  const lengths = (shape as Shape).join(', ');
  throw new Error(
    `Tensor: shape [${lengths}] holds ${sizeOf(shape as Shape)} values, got ${length}. Pass a shape that fits the data.`,
  );
}
