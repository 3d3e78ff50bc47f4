import { type F32x4, type F64x2, type FunctionBuilder, f32x4, type Var } from '../builder/index.ts';

/** Lanes 0 and 1, or 2 and 3, as float64. */
export function halves(v: F32x4): readonly [F64x2, F64x2] {
  return [v.lowToF64x2(), v.shuffle(v, 2, 3, 2, 3).lowToF64x2()];
}

/** Two accumulators. */
export const zeros2 = (f: FunctionBuilder): Var<F32x4>[] => [f.local(f32x4), f.local(f32x4)];

/** Four accumulators. */
export const zeros4 = (f: FunctionBuilder): Var<F32x4>[] => [...zeros2(f), ...zeros2(f)];
