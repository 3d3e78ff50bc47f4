import type { Address, F64, FunctionBuilder, I32, Var } from '../builder/index.ts';
import { allocate } from '../runtime/memory.ts';

/**
 * Parameters that a kernel reads by name from a block of memory, 32-bit words and then float64 numbers: a call with twenty
 * arguments takes longer than a small product, and functions of a module would have to hand all of them on.
 *
 * `fixed` words follow from a plan and are written once, with it. The `call` words and `doubles` are written at every call,
 * over those of the call before: kernels run one at a time. Both are given as complete records, so the compiler checks that
 * every word is set.
 */
interface Names<Fixed extends string, Call extends string, Double extends string> {
  fixed: readonly Fixed[];
  call?: readonly Call[];
  doubles?: readonly Double[];
}

/** Reads values inside a kernel, each at once into a local. */
export interface Reader<Word extends string, Double extends string = never> {
  word(name: Word): Var<I32>;
  double(name: Double): Var<F64>;
}

/** A block in memory. */
export interface Placed<Value extends string> {
  readonly address: number;
  /** Give it a literal that is written out: objects put together by spreading are dictionaries, which took 15 us to read. */
  set(values: Readonly<Record<Value, number>>): void;
}

export function parameterBlock<
  Fixed extends string,
  Call extends string = never,
  Double extends string = never,
>(names: Names<Fixed, Call, Double>) {
  const { fixed, call = [], doubles = [] } = names;
  const words: readonly string[] = [...call, ...fixed];
  const doublesAt = Math.ceil(words.length / 2) * 8;

  /** A block of its own, for good, with the fixed words in it. */
  function place(values: Readonly<Record<Fixed, number>>): Placed<Call | Double> {
    const { buffer, byteOffset } = allocate(doublesAt / 4 + 2 * doubles.length);
    const words = new Int32Array(buffer, byteOffset, call.length + fixed.length);
    const numbers = new Float64Array(buffer, byteOffset + doublesAt, doubles.length);
    words.set(
      fixed.map((name) => values[name]),
      call.length,
    );
    return {
      address: byteOffset,
      set(values) {
        for (let i = 0; i < call.length; i++) words[i] = values[call[i]];
        for (let i = 0; i < doubles.length; i++) numbers[i] = values[doubles[i]];
      },
    };
  }

  const reader = (f: FunctionBuilder, address: Address): Reader<Fixed | Call, Double> => ({
    word: (name) => f.let(f.loadI32(address, 4 * words.indexOf(name))),
    double: (name) => f.let(f.loadF64(address, doublesAt + 8 * doubles.indexOf(name))),
  });

  /** All fixed words, by their names. */
  function readFixed(f: FunctionBuilder, address: Address): Record<Fixed, Var<I32>> {
    const { word } = reader(f, address);
    return Object.fromEntries(fixed.map((name) => [name, word(name)])) as Record<Fixed, Var<I32>>;
  }

  return { place, reader, readFixed };
}

/** Arguments of a kernel function in the order of its signature; the compiler checks that every one is there. */
export function argumentsOf<Name extends string>(
  signature: Readonly<Record<Name, unknown>>,
  values: Readonly<Record<Name, number>>,
): number[] {
  return Object.keys(signature).map((name) => values[name as Name]);
}
