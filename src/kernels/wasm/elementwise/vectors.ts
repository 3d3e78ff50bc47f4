import type { FunctionBuilder, I32 } from '../builder/index.ts';

/** How many vectors of four floats hold `floats` numbers. Blocks of the pool end at a cache line, so the last may be written whole. */
export const vectorsFor = (floats: number): number => Math.ceil(floats / 4);

/**
 * body(at, constant) for each vector from `begin` to `end` (counted in vectors): its byte offset is `at + constant`.
 * `unroll` copies of the body run per turn of the loop, which pays where the body is a few instructions; the rest runs one
 * by one.
 */
export function eachVector(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  unroll: number,
  body: (at: I32, constant: number) => void,
): void {
  const at = f.let(begin.shl(4));
  const last = f.let(end.shl(4));
  if (unroll > 1) {
    const unrolled = f.let(at.plus(end.minus(begin).and(-unroll).shl(4)));
    f.forRange(at, at, unrolled, 16 * unroll, () => {
      for (let i = 0; i < unroll; i++) body(at, 16 * i);
    });
  }
  f.forRange(at, at, last, 16, () => body(at, 0));
}
