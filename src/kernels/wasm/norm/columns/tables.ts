import type { Address, F32x4, FunctionBuilder, I32, Var } from '../../builder/index.ts';
import { VECTORS } from './group.ts';

/**
 * Tables have a float32 for each column of a row. They are written four columns at a time, so they have room for a vector
 * past the last one. Several tables of an image lie one after the other, `apart` bytes apart.
 */
export const tableBytes = (columns: number): number => Math.ceil((columns + 4) / 16) * 64;

/** Coefficient `which` of a group's columns, from where table 0 has them. */
export function loadTable(f: FunctionBuilder, table: Address, apart: I32, which: number): Var<F32x4>[] {
  const at = f.let(tableAt(table, apart, which));
  return VECTORS.map((v) => f.let(f.load4(at, 16 * v)));
}

export function tableAt(tables: Address, apart: I32, which: number): I32 {
  return which === 0 ? tables : tables.plus(apart.times(which));
}

/**
 * Runs `body` for the features of a set, four at a time; `at` is their byte offset. The last four may go past the set's end: what is
 * written there belongs to the next set, which comes later and overwrites it.
 */
export function eachFeature(f: FunctionBuilder, set: I32, k: I32, body: (at: I32) => void): void {
  const first = f.let(set.times(k).shl(2));
  f.for(first, first.plus(k.shl(2)), 16, body);
}

/** A value of each set in all its columns. Sets of one feature are done four at a time. */
export function spread(
  f: FunctionBuilder,
  table: Address,
  sets: { groups: I32; k: I32; width: I32 },
  one: (set: I32) => F32x4,
  four: (set: I32) => F32x4,
): void {
  const { groups, k, width } = sets;
  f.if(
    k.eq(1),
    () => f.for(0, groups, 4, (set) => f.store4(table.plus(set.shl(2)), four(set))),
    () =>
      f.for(0, groups, 1, (set) => {
        const value = f.let(one(set));
        eachFeature(f, set, k, (at) => f.store4(table.plus(at), value));
      }),
  );
  repeat(f, table, f.let(groups.times(k)), width);
}

/** Repeats the first `features` entries of a table up to `width`. */
export function repeat(f: FunctionBuilder, table: I32, features: I32, width: I32): void {
  f.for(features, width, 1, (c) => {
    const to = f.let(table.plus(c.shl(2)));
    f.storeF32(to, f.loadF32(to.minus(features.shl(2))));
  });
}

/** Four float64 numbers as float32. */
export function load4Doubles(f: FunctionBuilder, address: I32): F32x4 {
  const [low, high] = [0, 16].map((offset) => f.let(f.load2d(address, offset).toLowF32x4()));
  return low.shuffle(high, 0, 1, 4, 5);
}
