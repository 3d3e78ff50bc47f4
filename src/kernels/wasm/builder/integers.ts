import { type Emit, Expr, plain, scalarType, simd, VALTYPE, type ValueType } from './expr.ts';
import { F32, F64 } from './floats.ts';
import { I32x4 } from './vector.ts';

type Int = I32 | number;
type Long = I64 | bigint;
const asI32 = (value: Int): I32 => (typeof value === 'number' ? i32(value) : value);
const asI64 = (value: Long): I64 => (typeof value === 'bigint' ? i64(value) : value);

/**
 * A 32-bit integer: an index, an address or a condition. Names without U are signed. Addresses reach 4 GiB,
 * so compare addresses with the U forms.
 */
export class I32 extends Expr {
  readonly type = VALTYPE.i32;
  private op(opcode: number, b: Int): I32 {
    return new I32(plain(opcode, this, asI32(b)));
  }
  plus(b: Int): I32 {
    return b === 0 ? this : this.op(0x6a, b);
  }
  minus(b: Int): I32 {
    return b === 0 ? this : this.op(0x6b, b);
  }
  times(b: Int): I32 {
    return b === 1 ? this : this.op(0x6c, b);
  }
  div(b: Int): I32 {
    return this.op(0x6d, b);
  }
  divU(b: Int): I32 {
    return this.op(0x6e, b);
  }
  rem(b: Int): I32 {
    return this.op(0x6f, b);
  }
  remU(b: Int): I32 {
    return this.op(0x70, b);
  }
  and(b: Int): I32 {
    return this.op(0x71, b);
  }
  or(b: Int): I32 {
    return this.op(0x72, b);
  }
  xor(b: Int): I32 {
    return this.op(0x73, b);
  }
  shl(b: Int): I32 {
    return this.op(0x74, b);
  }
  shr(b: Int): I32 {
    return this.op(0x75, b);
  }
  shrU(b: Int): I32 {
    return this.op(0x76, b);
  }
  /** 1 where the value is 0, else 0. */
  eqz(): I32 {
    return new I32(plain(0x45, this));
  }
  eq(b: Int): I32 {
    return this.op(0x46, b);
  }
  ne(b: Int): I32 {
    return this.op(0x47, b);
  }
  lt(b: Int): I32 {
    return this.op(0x48, b);
  }
  ltU(b: Int): I32 {
    return this.op(0x49, b);
  }
  gt(b: Int): I32 {
    return this.op(0x4a, b);
  }
  gtU(b: Int): I32 {
    return this.op(0x4b, b);
  }
  le(b: Int): I32 {
    return this.op(0x4c, b);
  }
  leU(b: Int): I32 {
    return this.op(0x4d, b);
  }
  ge(b: Int): I32 {
    return this.op(0x4e, b);
  }
  geU(b: Int): I32 {
    return this.op(0x4f, b);
  }
  splat(): I32x4 {
    return new I32x4(simd(0x11, [this]));
  }
  toF32(): F32 {
    return new F32(plain(0xb2, this));
  }
  toF64(): F64 {
    return new F64(plain(0xb7, this));
  }
  toI64(): I64 {
    return new I64(plain(0xac, this));
  }
  toI64U(): I64 {
    return new I64(plain(0xad, this));
  }
  /** The same 32 bits read as a float. */
  asF32(): F32 {
    return new F32(plain(0xbe, this));
  }
}

/** A 64-bit integer; kernels need it rarely (random bits, products of sizes). */
export class I64 extends Expr {
  readonly type = VALTYPE.i64;
  private op(opcode: number, b: Long): I64 {
    return new I64(plain(opcode, this, asI64(b)));
  }
  plus(b: Long): I64 {
    return this.op(0x7c, b);
  }
  minus(b: Long): I64 {
    return this.op(0x7d, b);
  }
  times(b: Long): I64 {
    return this.op(0x7e, b);
  }
  and(b: Long): I64 {
    return this.op(0x83, b);
  }
  or(b: Long): I64 {
    return this.op(0x84, b);
  }
  xor(b: Long): I64 {
    return this.op(0x85, b);
  }
  shl(b: Long): I64 {
    return this.op(0x86, b);
  }
  shr(b: Long): I64 {
    return this.op(0x87, b);
  }
  shrU(b: Long): I64 {
    return this.op(0x88, b);
  }
  eq(b: Long): I32 {
    return new I32(plain(0x51, this, asI64(b)));
  }
  lt(b: Long): I32 {
    return new I32(plain(0x53, this, asI64(b)));
  }
  /** The low 32 bits. */
  toI32(): I32 {
    return new I32(plain(0xa7, this));
  }
  toF64(): F64 {
    return new F64(plain(0xb9, this));
  }
}

/** `i32(7)` is a constant; `i32` names the type. The same holds for the other types. */
export const i32 = scalarType(
  VALTYPE.i32,
  (emit) => new I32(emit),
  (value) => (out) => {
    out.byte(0x41);
    out.signed(value);
  },
);

const long = (value: bigint): I64 =>
  new I64((out) => {
    out.byte(0x42);
    out.signed64(value);
  });

/** `i64(5n)` is a constant. */
export const i64: ((value: bigint) => I64) & ValueType<I64> = Object.assign(long, {
  valtype: VALTYPE.i64,
  make: (emit: Emit) => new I64(emit),
  of: (value: number) => long(BigInt(value)),
});
