import { Expr, plain, prefixed, scalarType, simd, VALTYPE } from './expr.ts';
import { I32 } from './integers.ts';
import { F32x4, F64x2 } from './vector.ts';

type Float = F32 | number;
type Double = F64 | number;
const asF32 = (value: Float): F32 => (typeof value === 'number' ? f32(value) : value);
const asF64 = (value: Double): F64 => (typeof value === 'number' ? f64(value) : value);

/** A float32. */
export class F32 extends Expr {
  readonly type = VALTYPE.f32;
  private op(opcode: number, b: Float): F32 {
    return new F32(plain(opcode, this, asF32(b)));
  }
  private compare(opcode: number, b: Float): I32 {
    return new I32(plain(opcode, this, asF32(b)));
  }
  plus(b: Float): F32 {
    return this.op(0x92, b);
  }
  minus(b: Float): F32 {
    return this.op(0x93, b);
  }
  times(b: Float): F32 {
    return this.op(0x94, b);
  }
  div(b: Float): F32 {
    return this.op(0x95, b);
  }
  min(b: Float): F32 {
    return this.op(0x96, b);
  }
  max(b: Float): F32 {
    return this.op(0x97, b);
  }
  abs(): F32 {
    return new F32(plain(0x8b, this));
  }
  neg(): F32 {
    return new F32(plain(0x8c, this));
  }
  floor(): F32 {
    return new F32(plain(0x8e, this));
  }
  /** Rounds to the nearest integer, ties to even. */
  nearest(): F32 {
    return new F32(plain(0x90, this));
  }
  sqrt(): F32 {
    return new F32(plain(0x91, this));
  }
  eq(b: Float): I32 {
    return this.compare(0x5b, b);
  }
  ne(b: Float): I32 {
    return this.compare(0x5c, b);
  }
  lt(b: Float): I32 {
    return this.compare(0x5d, b);
  }
  gt(b: Float): I32 {
    return this.compare(0x5e, b);
  }
  le(b: Float): I32 {
    return this.compare(0x5f, b);
  }
  ge(b: Float): I32 {
    return this.compare(0x60, b);
  }
  splat(): F32x4 {
    return new F32x4(simd(0x13, [this]));
  }
  toF64(): F64 {
    return new F64(plain(0xbb, this));
  }
  /** Truncated towards zero, saturating; NaN gives 0. */
  toI32(): I32 {
    return new I32(prefixed(0xfc, 0, [this]));
  }
  /** The same 32 bits read as an integer. */
  asI32(): I32 {
    return new I32(plain(0xbc, this));
  }
}

/** A float64. */
export class F64 extends Expr {
  readonly type = VALTYPE.f64;
  private op(opcode: number, b: Double): F64 {
    return new F64(plain(opcode, this, asF64(b)));
  }
  private compare(opcode: number, b: Double): I32 {
    return new I32(plain(opcode, this, asF64(b)));
  }
  plus(b: Double): F64 {
    return this.op(0xa0, b);
  }
  minus(b: Double): F64 {
    return this.op(0xa1, b);
  }
  times(b: Double): F64 {
    return this.op(0xa2, b);
  }
  div(b: Double): F64 {
    return this.op(0xa3, b);
  }
  min(b: Double): F64 {
    return this.op(0xa4, b);
  }
  max(b: Double): F64 {
    return this.op(0xa5, b);
  }
  abs(): F64 {
    return new F64(plain(0x99, this));
  }
  neg(): F64 {
    return new F64(plain(0x9a, this));
  }
  floor(): F64 {
    return new F64(plain(0x9c, this));
  }
  nearest(): F64 {
    return new F64(plain(0x9e, this));
  }
  sqrt(): F64 {
    return new F64(plain(0x9f, this));
  }
  eq(b: Double): I32 {
    return this.compare(0x61, b);
  }
  lt(b: Double): I32 {
    return this.compare(0x63, b);
  }
  gt(b: Double): I32 {
    return this.compare(0x64, b);
  }
  le(b: Double): I32 {
    return this.compare(0x65, b);
  }
  ge(b: Double): I32 {
    return this.compare(0x66, b);
  }
  splat(): F64x2 {
    return new F64x2(simd(0x14, [this]));
  }
  toF32(): F32 {
    return new F32(plain(0xb6, this));
  }
  /** Truncated towards zero, saturating; NaN gives 0. */
  toI32(): I32 {
    return new I32(prefixed(0xfc, 2, [this]));
  }
}

export const f32 = scalarType(
  VALTYPE.f32,
  (emit) => new F32(emit),
  (value) => (out) => {
    out.byte(0x43);
    out.float32(value);
  },
);

export const f64 = scalarType(
  VALTYPE.f64,
  (emit) => new F64(emit),
  (value) => (out) => {
    out.byte(0x44);
    out.float64(value);
  },
);
