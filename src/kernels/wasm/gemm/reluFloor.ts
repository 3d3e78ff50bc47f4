import { type F32x4, type FunctionBuilder, type I32, i32, type Var } from '../builder/index.ts';

const MINUS_INFINITY_BITS = 0xff800000 | 0;

/** What results are not to fall below: 0 with a relu, minus infinity without. */
export const reluFloor = (f: FunctionBuilder, relu: I32): Var<F32x4> =>
  f.let(f.select(relu, i32(0), i32(MINUS_INFINITY_BITS)).splat().asF32x4());
