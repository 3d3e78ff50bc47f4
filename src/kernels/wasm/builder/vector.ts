import { type Emit, Expr, simd, VALTYPE, type ValueType } from './expr.ts';
import { relaxedFma } from './features.ts';
import { F32, F64 } from './floats.ts';
import { I32 } from './integers.ts';

type AnyVector = F32x4 | F64x2 | I32x4;

/** What all views of a v128 share: bit operations. A mask has all bits of a lane set (true) or none. */
abstract class Vector<Self extends Vector<Self>> extends Expr {
  protected abstract wrap(emit: Emit): Self;

  and(b: AnyVector): Self {
    return this.wrap(simd(0x4e, [this, b]));
  }
  /** this & ~b */
  andNot(b: AnyVector): Self {
    return this.wrap(simd(0x4f, [this, b]));
  }
  or(b: AnyVector): Self {
    return this.wrap(simd(0x50, [this, b]));
  }
  xor(b: AnyVector): Self {
    return this.wrap(simd(0x51, [this, b]));
  }
  not(): Self {
    return this.wrap(simd(0x4d, [this]));
  }
  asF32x4(): F32x4 {
    return new F32x4(this.emit);
  }
  asF64x2(): F64x2 {
    return new F64x2(this.emit);
  }
  asI32x4(): I32x4 {
    return new I32x4(this.emit);
  }
}

type Floats = F32x4 | number;
type Doubles = F64x2 | number;
type Ints = I32x4 | number;
const asF32x4 = (value: Floats): F32x4 => (typeof value === 'number' ? f32x4(value) : value);
const asF64x2 = (value: Doubles): F64x2 => (typeof value === 'number' ? f64x2(value) : value);
const asI32x4 = (value: Ints): I32x4 => (typeof value === 'number' ? i32x4(value) : value);

function laneIndex(lane: number, lanes: number): number[] {
  if (Number.isInteger(lane) && lane >= 0 && lane < lanes) return [lane];
  throw new RangeError(`A vector of ${lanes} lanes has no lane ${lane}.`);
}

/** Byte numbers for i8x16.shuffle from lane numbers, each lane `width` bytes wide. */
function shuffleBytes(lanes: readonly number[], width: number): number[] {
  return lanes.flatMap((lane) => {
    laneIndex(lane, 32 / width);
    return Array.from({ length: width }, (_, byte) => lane * width + byte);
  });
}

/** Four float32 lanes. A number as operand stands for that number in every lane. */
export class F32x4 extends Vector<F32x4> {
  readonly type = 'f32x4';
  protected wrap(emit: Emit): F32x4 {
    return new F32x4(emit);
  }
  private op(opcode: number, b: Floats): F32x4 {
    return new F32x4(simd(opcode, [this, asF32x4(b)]));
  }
  private compare(opcode: number, b: Floats): I32x4 {
    return new I32x4(simd(opcode, [this, asF32x4(b)]));
  }
  plus(b: Floats): F32x4 {
    return this.op(0xe4, b);
  }
  minus(b: Floats): F32x4 {
    return this.op(0xe5, b);
  }
  times(b: Floats): F32x4 {
    return this.op(0xe6, b);
  }
  div(b: Floats): F32x4 {
    return this.op(0xe7, b);
  }
  /** this * b + c, in one rounding where the machine has it (see `relaxedFma`). */
  madd(b: Floats, c: Floats): F32x4 {
    const addend = asF32x4(c);
    return relaxedFma ? new F32x4(simd(0x105, [this, asF32x4(b), addend])) : this.times(b).plus(addend);
  }
  /** c - this * b */
  nmadd(b: Floats, c: Floats): F32x4 {
    const addend = asF32x4(c);
    return relaxedFma ? new F32x4(simd(0x106, [this, asF32x4(b), addend])) : addend.minus(this.times(b));
  }
  /** IEEE minimum: NaN if either is NaN, -0 < +0. Several instructions on x86; `pmin` is one. */
  min(b: Floats): F32x4 {
    return this.op(0xe8, b);
  }
  max(b: Floats): F32x4 {
    return this.op(0xe9, b);
  }
  /** b < this ? b : this, so a NaN in `this` stays and a NaN in `b` is dropped. */
  pmin(b: Floats): F32x4 {
    return this.op(0xea, b);
  }
  /** this < b ? b : this, so a NaN in `this` stays and a NaN in `b` is dropped. */
  pmax(b: Floats): F32x4 {
    return this.op(0xeb, b);
  }
  abs(): F32x4 {
    return new F32x4(simd(0xe0, [this]));
  }
  neg(): F32x4 {
    return new F32x4(simd(0xe1, [this]));
  }
  sqrt(): F32x4 {
    return new F32x4(simd(0xe3, [this]));
  }
  ceil(): F32x4 {
    return new F32x4(simd(0x67, [this]));
  }
  floor(): F32x4 {
    return new F32x4(simd(0x68, [this]));
  }
  trunc(): F32x4 {
    return new F32x4(simd(0x69, [this]));
  }
  /** Rounds to the nearest integer, ties to even. */
  nearest(): F32x4 {
    return new F32x4(simd(0x6a, [this]));
  }
  eq(b: Floats): I32x4 {
    return this.compare(0x41, b);
  }
  ne(b: Floats): I32x4 {
    return this.compare(0x42, b);
  }
  lt(b: Floats): I32x4 {
    return this.compare(0x43, b);
  }
  gt(b: Floats): I32x4 {
    return this.compare(0x44, b);
  }
  le(b: Floats): I32x4 {
    return this.compare(0x45, b);
  }
  ge(b: Floats): I32x4 {
    return this.compare(0x46, b);
  }
  lane(lane: number): F32 {
    return new F32(simd(0x1f, [this], laneIndex(lane, 4)));
  }
  withLane(lane: number, value: F32): F32x4 {
    return new F32x4(simd(0x20, [this, value], laneIndex(lane, 4)));
  }
  /** Lanes 0..3 are of `this`, 4..7 of `b`: `a.shuffle(b, 0, 1, 4, 5)`. */
  shuffle(b: F32x4, ...lanes: [number, number, number, number]): F32x4 {
    return new F32x4(simd(0x0d, [this, b], shuffleBytes(lanes, 4)));
  }
  /** Lanes 0 and 1 as float64. */
  lowToF64x2(): F64x2 {
    return new F64x2(simd(0x5f, [this]));
  }
  /** Truncated towards zero, saturating; NaN gives 0. */
  toI32x4(): I32x4 {
    return new I32x4(simd(0xf8, [this]));
  }
}

/** Two float64 lanes: accumulators that must not lose digits. */
export class F64x2 extends Vector<F64x2> {
  readonly type = 'f64x2';
  protected wrap(emit: Emit): F64x2 {
    return new F64x2(emit);
  }
  private op(opcode: number, b: Doubles): F64x2 {
    return new F64x2(simd(opcode, [this, asF64x2(b)]));
  }
  private compare(opcode: number, b: Doubles): I32x4 {
    return new I32x4(simd(opcode, [this, asF64x2(b)]));
  }
  plus(b: Doubles): F64x2 {
    return this.op(0xf0, b);
  }
  minus(b: Doubles): F64x2 {
    return this.op(0xf1, b);
  }
  times(b: Doubles): F64x2 {
    return this.op(0xf2, b);
  }
  div(b: Doubles): F64x2 {
    return this.op(0xf3, b);
  }
  /** this * b + c, in one rounding where the machine has it (see `relaxedFma`). */
  madd(b: Doubles, c: Doubles): F64x2 {
    const addend = asF64x2(c);
    return relaxedFma ? new F64x2(simd(0x107, [this, asF64x2(b), addend])) : this.times(b).plus(addend);
  }
  /** c - this * b */
  nmadd(b: Doubles, c: Doubles): F64x2 {
    const addend = asF64x2(c);
    return relaxedFma ? new F64x2(simd(0x108, [this, asF64x2(b), addend])) : addend.minus(this.times(b));
  }
  min(b: Doubles): F64x2 {
    return this.op(0xf4, b);
  }
  max(b: Doubles): F64x2 {
    return this.op(0xf5, b);
  }
  pmin(b: Doubles): F64x2 {
    return this.op(0xf6, b);
  }
  pmax(b: Doubles): F64x2 {
    return this.op(0xf7, b);
  }
  abs(): F64x2 {
    return new F64x2(simd(0xec, [this]));
  }
  neg(): F64x2 {
    return new F64x2(simd(0xed, [this]));
  }
  sqrt(): F64x2 {
    return new F64x2(simd(0xef, [this]));
  }
  /** Masks are 64 bits wide: both i32 lanes of a float64 lane. */
  eq(b: Doubles): I32x4 {
    return this.compare(0x47, b);
  }
  lt(b: Doubles): I32x4 {
    return this.compare(0x49, b);
  }
  gt(b: Doubles): I32x4 {
    return this.compare(0x4a, b);
  }
  le(b: Doubles): I32x4 {
    return this.compare(0x4b, b);
  }
  ge(b: Doubles): I32x4 {
    return this.compare(0x4c, b);
  }
  lane(lane: number): F64 {
    return new F64(simd(0x21, [this], laneIndex(lane, 2)));
  }
  withLane(lane: number, value: F64): F64x2 {
    return new F64x2(simd(0x22, [this, value], laneIndex(lane, 2)));
  }
  /** Lanes 0 and 1 are of `this`, 2 and 3 of `b`. */
  shuffle(b: F64x2, ...lanes: [number, number]): F64x2 {
    return new F64x2(simd(0x0d, [this, b], shuffleBytes(lanes, 8)));
  }
  /** Rounded to float32 in lanes 0 and 1; lanes 2 and 3 are 0. */
  toLowF32x4(): F32x4 {
    return new F32x4(simd(0x5e, [this]));
  }
}

/** Four int32 lanes: integers, the bits of floats, or masks. Names without U are signed. */
export class I32x4 extends Vector<I32x4> {
  readonly type = 'i32x4';
  protected wrap(emit: Emit): I32x4 {
    return new I32x4(emit);
  }
  private op(opcode: number, b: Ints): I32x4 {
    return new I32x4(simd(opcode, [this, asI32x4(b)]));
  }
  plus(b: Ints): I32x4 {
    return this.op(0xae, b);
  }
  minus(b: Ints): I32x4 {
    return this.op(0xb1, b);
  }
  times(b: Ints): I32x4 {
    return this.op(0xb5, b);
  }
  min(b: Ints): I32x4 {
    return this.op(0xb6, b);
  }
  max(b: Ints): I32x4 {
    return this.op(0xb8, b);
  }
  abs(): I32x4 {
    return new I32x4(simd(0xa0, [this]));
  }
  neg(): I32x4 {
    return new I32x4(simd(0xa1, [this]));
  }
  shl(count: I32): I32x4 {
    return new I32x4(simd(0xab, [this, count]));
  }
  shr(count: I32): I32x4 {
    return new I32x4(simd(0xac, [this, count]));
  }
  shrU(count: I32): I32x4 {
    return new I32x4(simd(0xad, [this, count]));
  }
  eq(b: Ints): I32x4 {
    return this.op(0x37, b);
  }
  ne(b: Ints): I32x4 {
    return this.op(0x38, b);
  }
  lt(b: Ints): I32x4 {
    return this.op(0x39, b);
  }
  ltU(b: Ints): I32x4 {
    return this.op(0x3a, b);
  }
  gt(b: Ints): I32x4 {
    return this.op(0x3b, b);
  }
  le(b: Ints): I32x4 {
    return this.op(0x3d, b);
  }
  ge(b: Ints): I32x4 {
    return this.op(0x3f, b);
  }
  /** Per bit: `yes` where this mask is set, `no` elsewhere. */
  select(yes: F32x4, no: F32x4): F32x4;
  select(yes: F64x2, no: F64x2): F64x2;
  select(yes: I32x4, no: I32x4): I32x4;
  select(yes: F32x4 | F64x2 | I32x4, no: F32x4 | F64x2 | I32x4): Expr {
    const emit = simd(0x52, [yes, no, this]);
    if (yes instanceof F32x4) return new F32x4(emit);
    return yes instanceof F64x2 ? new F64x2(emit) : new I32x4(emit);
  }
  /** 1 when any bit is set, else 0. */
  anyTrue(): I32 {
    return new I32(simd(0x53, [this]));
  }
  /** 1 when every lane is non-zero, else 0. */
  allTrue(): I32 {
    return new I32(simd(0xa3, [this]));
  }
  /** The sign bit of each lane, lane 0 lowest. */
  bitmask(): I32 {
    return new I32(simd(0xa4, [this]));
  }
  lane(lane: number): I32 {
    return new I32(simd(0x1b, [this], laneIndex(lane, 4)));
  }
  withLane(lane: number, value: I32): I32x4 {
    return new I32x4(simd(0x1c, [this, value], laneIndex(lane, 4)));
  }
  shuffle(b: I32x4, ...lanes: [number, number, number, number]): I32x4 {
    return new I32x4(simd(0x0d, [this, b], shuffleBytes(lanes, 4)));
  }
  toF32x4(): F32x4 {
    return new F32x4(simd(0xfa, [this]));
  }
  /** Lanes 0 and 1 as float64. */
  lowToF64x2(): F64x2 {
    return new F64x2(simd(0xfe, [this]));
  }
}

/** Repeats the given lanes to fill the vector: one value for all lanes, or one for each. */
function vectorType<T extends Expr>(
  make: (emit: Emit) => T,
  array: { new (buffer: ArrayBuffer): { [lane: number]: number; readonly length: number } },
): ((...lanes: number[]) => T) & ValueType<T> {
  const of = (...lanes: number[]): T => {
    const buffer = new ArrayBuffer(16);
    const values = new array(buffer);
    if (lanes.length !== 1 && lanes.length !== values.length) {
      throw new RangeError(`A vector constant takes 1 or ${values.length} lanes, got ${lanes.length}.`);
    }
    for (let i = 0; i < values.length; i++) values[i] = lanes[i % lanes.length];
    const words = new Int32Array(buffer);
    return make((out) => out.vector(words));
  };
  return Object.assign(of, { valtype: VALTYPE.v128, make, of });
}

/** `f32x4(0.5)` or `f32x4(1, 2, 3, 4)` is a constant; `f32x4` names the type. */
export const f32x4 = vectorType((emit) => new F32x4(emit), Float32Array);
export const f64x2 = vectorType((emit) => new F64x2(emit), Float64Array);
export const i32x4 = vectorType((emit) => new I32x4(emit), Int32Array);
