/** The kernel builder: what kernel files import. */
export type { Address } from './access.ts';
export type { Expr, ValueType, Var } from './expr.ts';
export { relaxedFma } from './features.ts';
export { F32, F64, f32, f64 } from './floats.ts';
export type { FunctionBuilder, KernelFunction } from './function.ts';
export { I32, i32, i64 } from './integers.ts';
export type { ModuleBuilder } from './module.ts';
export { F32x4, F64x2, f32x4, f64x2, I32x4, i32x4 } from './vector.ts';
