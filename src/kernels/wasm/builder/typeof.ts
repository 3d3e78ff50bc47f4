import type { Emit, Expr, ValueType } from './expr.ts';
import { F32, F64, f32, f64 } from './floats.ts';
import { I32, I64, i32, i64 } from './integers.ts';
import { F32x4, F64x2, f32x4, f64x2, i32x4 } from './vector.ts';

/** The type of an expression, and with it how to make another of the same type. */
export function typeOf<T extends Expr>(expr: T): ValueType<T>;
export function typeOf(expr: Expr): ValueType {
  if (expr instanceof I32) return i32;
  if (expr instanceof F32) return f32;
  if (expr instanceof F64) return f64;
  if (expr instanceof I64) return i64;
  if (expr instanceof F32x4) return f32x4;
  return expr instanceof F64x2 ? f64x2 : i32x4;
}

/** An expression of the same type as `like`. */
export function sameType<T extends Expr>(like: T, emit: Emit): T {
  return typeOf(like).make(emit);
}
