import type { Tensor } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import { shown } from '../../../errors.ts';
import { type SetView, type Shape, sizeOf } from '../../../kernels/contract.ts';
import { checkCount, checkShape, requireFields } from '../../../options.ts';

/**
 * The index sets S_i of NORMS by name: which elements of x share their statistics with element i. x is [N, ..., C], with any
 * number of axes of positions between samples and channels: vectors [N, C], sequences [N, L, C], images [N, H, W, C], volumes
 * [N, D, H, W, C]. Where a comment counts values it is those of images: read L or D H W for H W.
 * Each returns the reading of x as [n, p, g, k] that the standardizing core works on.
 */

/** S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions. m = N H W. */
export function channelSets(shape: Shape): SetView {
  if (!Array.isArray(shape)) checkShape('channelSets', shape);
  const channels = shape[shape.length - 1];
  return { n: 1, p: sizeOf(shape.slice(0, -1)), g: channels, k: 1 };
}

/** S_i = { j : j_N = i_N, group(j_C) = group(i_C) }: one set per sample and group. m = H W C / G. */
export function groupSets(shape: Shape, groups: number): SetView {
  if (!Array.isArray(shape)) checkShape('groupSets', shape);
  checkCount('groupSets', 'groups', groups);
  const channels = shape[shape.length - 1];
  return { n: shape[0], p: sizeOf(shape.slice(1, -1)), g: groups, k: channels / groups };
}

/** S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions. m = H W. */
export function instanceSets(shape: Shape): SetView {
  return groupSets(shape, shape[shape.length - 1]);
}

/** No sets yet: x as [N, positions, 1, C], for norms that look at several and name their axes (calculus.ts, over). */
export function positionSets(shape: Shape): SetView {
  return groupSets(shape, 1);
}

/** What the axes of positions are called, for formulas in print: `H W`. */
export function positionsName(shape: Shape): string {
  return { 3: 'L', 5: 'D H W' }[shape.length] ?? (shape.length > 5 ? 'P' : 'H W');
}

/** S_i = { j : all axes but the last `count` equal }: m and the features are the product of those. */
export function lastAxesSets(shape: Shape, count: number): SetView {
  if (!Array.isArray(shape)) checkShape('lastAxesSets', shape);
  const first = shape.length - count;
  return { n: sizeOf(shape.slice(0, first)), p: 1, g: 1, k: sizeOf(shape.slice(first)) };
}

/**
 * Throws unless a norm's function is called with a tensor and an object of what else it takes. `statistics` are the names of
 * those that may be given in it, instead of computed.
 */
export function checkCall(
  name: string,
  x: Tensor,
  set: object,
  statistics: readonly string[] = ['mean', 'variance'],
): void {
  requireTensor(name, x);
  if (typeof set !== 'object' || set === null || Array.isArray(set)) {
    throw new Error(
      `${name}: behind x comes an object, such as { eps: 1e-5, gamma, beta }, got ${shown(set)}.`,
    );
  }
  const { given } = set as { given?: unknown };
  if (given) requireFields(name, given, 'given statistics', statistics);
}

/** Throws unless x is [N, ..., features]. */
export function checkFeatures(layer: string, x: Tensor, features: number): void {
  requireTensor(layer, x);
  const { shape } = x;
  if (shape.length >= 2 && shape[shape.length - 1] === features) return;
  throw new Error(
    `${layer}: expected input [N, ..., ${features}], got [${shape.join(', ')}]. Channels are last, as in [N, L, C] and ` +
      '[N, H, W, C]; build the layer with as many features as the layer before it puts out.',
  );
}

/** Throws unless x is [N, ..., last]. */
export function checkLastAxes(layer: string, x: Tensor, last: Shape): void {
  requireTensor(layer, x);
  const { shape } = x;
  const before = shape.length - last.length;
  if (before > 0 && last.every((length, i) => length === shape[before + i])) return;
  throw new Error(
    `${layer}(shape=[${last.join(', ')}]): expected input [N, ..., ${last.join(', ')}], got [${shape.join(', ')}]. ` +
      "Build it with the last axes of its input; LayerNorm has { over: 'sample' } for any image size.",
  );
}

/** Throws where a channel has a single value in the whole batch: it has no variance. */
export function checkSetSize(
  layer: string,
  shape: Shape,
  when = 'training',
  remedy = 'Use a larger batch, dropLast, or GroupNorm, which does not depend on the batch.',
): void {
  if (sizeOf(shape) > shape[shape.length - 1]) return;
  throw new Error(
    `${layer}: ${when} needs more than one value per channel, got input [${shape.join(', ')}]. ${remedy}`,
  );
}
