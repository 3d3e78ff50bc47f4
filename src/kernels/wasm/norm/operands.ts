import type { NDArray, Numbers, SetStatistics } from '../../contract.ts';
import { listFresh } from '../../ownership.ts';
import { allocate, isKernelMemory } from '../runtime/memory.ts';
import { input, workspace } from '../runtime/operands.ts';

/** The operands that norms have beside ordinary tensors: statistics in double, and gammas and betas that may be missing. */

/** gamma or beta; where there is none, as many times `value`. */
export function perFeature(array: NDArray | null, features: number, value: number): number {
  if (array) return input(array.data);
  return workspace(features).fill(value).byteOffset;
}

/** The address of statistics, as float64. */
export function doubles(data: Numbers): number {
  if (data instanceof Float64Array && isKernelMemory(data)) return data.byteOffset;
  const block = workspace(2 * data.length);
  new Float64Array(block.buffer, block.byteOffset, data.length).set(data);
  return block.byteOffset;
}

/** The pool hands out the same few blocks step after step, so their float64 views are kept. */
const doubleViews = new WeakMap<Float32Array, { mean: Float64Array; variance: Float64Array }>();

/** New statistics of n * g sets: two float64 arrays in one block of the pool. */
export function newStatistics(n: number, g: number): SetStatistics {
  const sets = n * g;
  const block = allocate(4 * sets);
  listFresh(block);
  let views = doubleViews.get(block);
  if (views === undefined) {
    const { buffer, byteOffset } = block;
    views = {
      mean: new Float64Array(buffer, byteOffset, sets),
      variance: new Float64Array(buffer, byteOffset + 8 * sets, sets),
    };
    doubleViews.set(block, views);
  }
  const shape = [n, g];
  return { mean: { shape, data: views.mean }, variance: { shape, data: views.variance } };
}
