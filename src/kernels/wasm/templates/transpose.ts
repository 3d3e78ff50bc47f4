import type { F32x4, FunctionBuilder } from '../builder/index.ts';

/** The columns of a 4x4 matrix, given its rows. */
export function transpose4(f: FunctionBuilder, [a, b, c, d]: F32x4[]): F32x4[] {
  const lowAB = f.let(a.shuffle(b, 0, 4, 1, 5));
  const highAB = f.let(a.shuffle(b, 2, 6, 3, 7));
  const lowCD = f.let(c.shuffle(d, 0, 4, 1, 5));
  const highCD = f.let(c.shuffle(d, 2, 6, 3, 7));
  return [
    lowAB.shuffle(lowCD, 0, 1, 4, 5),
    lowAB.shuffle(lowCD, 2, 3, 6, 7),
    highAB.shuffle(highCD, 0, 1, 4, 5),
    highAB.shuffle(highCD, 2, 3, 6, 7),
  ];
}
