import { Bytes } from './encode.ts';

/** Value types of the binary format. All the vector views (f32x4, f64x2, i32x4) are one type there: v128. */
export const VALTYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

/**
 * The code of one function while it is being written.
 *
 * Vector constants other than zero become locals that a prologue sets once: engines build a v128 constant
 * from several instructions, and do not always hoist that out of a loop.
 */
export class Code extends Bytes {
  readonly prologue = new Bytes();
  readonly localTypes: number[] = [];
  private readonly constants = new Map<string, number>();
  private readonly parameters: number;

  constructor(parameters: number) {
    super();
    this.parameters = parameters;
  }

  newLocal(valtype: number): number {
    this.localTypes.push(valtype);
    return this.parameters + this.localTypes.length - 1;
  }

  simd(opcode: number): void {
    this.byte(0xfd);
    this.unsigned(opcode);
  }

  localGet(index: number): void {
    this.byte(0x20);
    this.unsigned(index);
  }

  localSet(index: number): void {
    this.byte(0x21);
    this.unsigned(index);
  }

  /**
   * Sets the vectors made since there were `before` locals to 0, at the end of the loop that they were made in: V8 carries a local that
   * a loop sets from turn to turn, and counts that as a use that joining a pair would cost an instruction.
   */
  forgetVectors(before: number): void {
    const constants = new Set(this.constants.values());
    for (let index = this.parameters + before; index < this.parameters + this.localTypes.length; index++) {
      if (this.localTypes[index - this.parameters] !== VALTYPE.v128 || constants.has(index)) continue;
      this.vector(ZERO);
      this.localSet(index);
    }
  }

  /** Puts the v128 constant with these four 32-bit words on the stack. */
  vector(words: Int32Array): void {
    const literal = (out: Bytes): void => {
      out.byte(0xfd);
      out.unsigned(0x0c);
      out.bytes(new Uint8Array(words.buffer, words.byteOffset, 16));
    };
    if (words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0) {
      literal(this);
      return;
    }
    const key = words.join();
    let index = this.constants.get(key);
    if (index === undefined) {
      index = this.newLocal(VALTYPE.v128);
      this.constants.set(key, index);
      literal(this.prologue);
      this.prologue.byte(0x21);
      this.prologue.unsigned(index);
    }
    this.localGet(index);
  }
}

const ZERO = new Int32Array(4);

export type Emit = (out: Code) => void;

/**
 * A typed expression: a recipe that puts one value on WebAssembly's stack.
 *
 * It is evaluated **where it is used, each time it is used**: an expression used twice is computed twice, and
 * a load runs at the statement that consumes it. `f.let(expression)` computes it once, there and then.
 */
export abstract class Expr {
  readonly emit: Emit;

  constructor(emit: Emit) {
    this.emit = emit;
  }
}

/** A value type: makes constants when called, and names the type in `f.local(f32x4)` or `{ x: i32 }`. */
export interface ValueType<T extends Expr = Expr> {
  readonly valtype: number;
  /** The constant `value`, in every lane for a vector. */
  readonly of: (value: number) => T;
  readonly make: (emit: Emit) => T;
}

/** A local variable: an expression that reads it, with `set` to assign it. */
export type Var<T extends Expr> = T & { set(value: T | number): void };

/** Operands first, then an opcode of one byte. */
export function plain(opcode: number, ...operands: Expr[]): Emit {
  return (out) => {
    for (const operand of operands) operand.emit(out);
    out.byte(opcode);
  };
}

/** Operands first, then a vector opcode (prefix 0xfd), then immediate bytes such as lane numbers. */
export function simd(opcode: number, operands: readonly Expr[], immediate?: readonly number[]): Emit {
  return (out) => {
    for (const operand of operands) operand.emit(out);
    out.simd(opcode);
    if (immediate !== undefined) out.bytes(immediate);
  };
}

/** Operands first, then an opcode with a one-byte prefix: 0xfc (saturating, bulk memory) or 0xfe (atomics). */
export function prefixed(
  prefix: number,
  opcode: number,
  operands: readonly Expr[],
  immediate?: readonly number[],
): Emit {
  return (out) => {
    for (const operand of operands) operand.emit(out);
    out.byte(prefix);
    out.unsigned(opcode);
    if (immediate !== undefined) out.bytes(immediate);
  };
}

/** Operands first, then a load or store opcode with its alignment (log2 of bytes) and constant offset. */
export function access(
  opcode: number,
  align: number,
  offset: number,
  operands: readonly Expr[],
  lane?: number,
  prefix?: number,
): Emit {
  if (!(offset >= 0 && offset <= 0xffffffff)) {
    throw new RangeError(`A load or store takes a constant offset of 0 or more bytes, got ${offset}.`);
  }
  return (out) => {
    for (const operand of operands) operand.emit(out);
    if (prefix === undefined) out.byte(opcode);
    else {
      out.byte(prefix);
      out.unsigned(opcode);
    }
    out.unsigned(align);
    out.unsigned(offset);
    if (lane !== undefined) out.byte(lane);
  };
}

/** Joins a constant maker with what `f.local` and parameters need to know of its type. */
export function scalarType<T extends Expr>(
  valtype: number,
  make: (emit: Emit) => T,
  constant: (value: number) => Emit,
): ((value: number) => T) & ValueType<T> {
  const of = (value: number): T => make(constant(value));
  return Object.assign(of, { valtype, make, of });
}
