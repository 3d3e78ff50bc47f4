import { inPairs } from '../builder/features.ts';
import type { Address, F32x4, FunctionBuilder, I32, Var } from '../builder/index.ts';

/** Vectors in one round of the unrolled loop: enough to hide the latency of loads. */
const UNROLL = 4;

/**
 * The walk of an elementwise kernel over items `begin` to `end` (`begin` a multiple of 4): outputs = body(inputs),
 * four rounds at a time, then one, then the last 1 to 3 items, of which not a byte more than asked is written.
 * In the last vector missing items read as 0. An output may be one of the inputs.
 */
export function mapVectors(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  inputs: readonly Address[],
  outputs: readonly Address[],
  body: (...inputs: F32x4[]) => readonly F32x4[],
): void {
  const at = f.let(begin.shl(2));
  const stop = f.let(end.shl(2));
  const compute = (load: (input: Address) => F32x4): readonly Var<F32x4>[] => {
    const values = body(...inputs.map((input) => f.let(load(input))));
    return values.map((value) => f.let(value));
  };
  const round = inPairs() ? 2 : 1;
  const vectors = (offset: number, count: number): void =>
    f.block(() => {
      const values = Array.from({ length: count }, (_, v) =>
        compute((input) => f.load4(input.plus(at), offset + 16 * v)),
      );
      outputs.forEach((output, i) => {
        f.storeRow(
          f.let(output.plus(at)),
          values.map((each) => each[i]),
          4,
          offset,
        );
      });
    });

  const turn = 16 * UNROLL;
  const unrolled = f.let(at.plus(stop.minus(at).and(-turn)));
  f.forRange(at, at, unrolled, turn, () => {
    for (let k = 0; k < UNROLL; k += round) vectors(16 * k, round);
  });
  f.forRange(at, at, stop.and(-16), 16, () => vectors(0, 1));
  f.if(end.and(3), () => {
    const values = compute((input) => f.load4Partial(input.plus(at), end.and(3)));
    outputs.forEach((output, i) => {
      f.store4Partial(output.plus(at), values[i], end.and(3));
    });
  });
}
