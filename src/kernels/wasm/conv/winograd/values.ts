import { inPairs } from '../../builder/features.ts';
import type { F32x4, FunctionBuilder, I32 } from '../../builder/index.ts';

/** What a transform works on: one vector, or two that lie side by side (inPairs in ../../builder/features.ts). */
export type Value = F32x4[];

/** Runs `body` for so many vectors, which lie side by side: in pairs where the engine joins those, the last one alone. */
export function eachValue(
  f: FunctionBuilder,
  vectors: number,
  body: (bytes: I32, width: number) => void,
): void {
  const paired = inPairs() ? vectors & -2 : 0;
  if (paired > 0) f.for(0, paired * 16, 32, (at) => body(at, 2));
  if (paired < vectors) f.for(paired * 16, vectors * 16, 16, (at) => body(at, 1));
}

/** The first vector and the width of each value, where vectors are counted at build time. */
export const values = (vectors: number): [first: number, width: number][] => {
  const paired = inPairs() ? vectors & -2 : 0;
  return Array.from({ length: vectors }, (_, v): [number, number] => [v, v < paired ? 2 : 1]).filter(
    ([v, width]) => width === 1 || v % 2 === 0,
  );
};

export const loadValue = (f: FunctionBuilder, width: number, address: I32, offset: number): Value =>
  Array.from({ length: width }, (_, v) => f.load4(address, offset + v * 16));
