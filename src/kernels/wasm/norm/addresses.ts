import type { I32 } from '../builder/index.ts';

/** The address of float64 number `index`. */
export const at8 = (base: I32, index: I32): I32 => base.plus(index.shl(3));

/** Addresses, all `bytes` further on. */
export function moved<Name extends string>(addresses: Record<Name, I32>, bytes: I32): Record<Name, I32> {
  const entries = Object.entries<I32>(addresses).map(([name, address]) => [name, address.plus(bytes)]);
  return Object.fromEntries(entries) as Record<Name, I32>;
}
