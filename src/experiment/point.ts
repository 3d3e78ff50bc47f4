import type { TrainOptions } from '../train/config.ts';

/** One value of an axis: of the setting that the axis is named for, or several settings under one name. */
export type GridValue = string | number | ({ readonly name: string } & TrainOptions);

/** Every combination of one value per axis is trained with every seed. */
export type Grid = Readonly<Record<string, readonly GridValue[]>>;

type NameOf<Value> = Value extends { readonly name: infer Name } ? Name : Value;

/** One combination, by the names of its values: `{ norm: 'batch', batchSize: 2 }`. */
export type Point<G extends Grid = Grid> = { readonly [Axis in keyof G]: NameOf<G[Axis][number]> };

/** The name that a value of an axis has in points and in figures. */
export function nameOf(value: GridValue): string | number {
  return typeof value === 'object' ? value.name : value;
}
