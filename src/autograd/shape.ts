import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';
import { checkNumber, checkShape } from '../options.ts';
import { normalizeAxes, normalizeAxis } from './axes.ts';
import { record, requireOneDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { Tensor } from './tensor.ts';
import { noteAxes, reshapedInstead } from './watch.ts';

/** The same numbers in another shape, without a copy; one length may be -1: whatever is left. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  requireTensor('reshape', x);
  requireList('reshape', 'the shape', shape);
  const open = shape.filter((length) => length === -1).length;
  const rest = open > 0 ? x.size / sizeOf(shape.filter((length) => length !== -1)) : 0;
  const resolved = shape.map((length) => (length === -1 ? rest : length));
  const lengths = resolved.every((length) => Number.isInteger(length) && length >= 0);
  if (open > 1 || !lengths || sizeOf(resolved) !== x.size) {
    const rule = open > 1 ? ' Only one length may be -1.' : '';
    throw new Error(
      `reshape: [${x.shape.join(', ')}] holds ${x.size} values and does not fit ${shown(shape)}.${rule}`,
    );
  }
  const instead = reshapedInstead(x, resolved);
  if (instead) return instead;
  return record('reshape', { shape: resolved, data: x.data }, [x], [], (dy) => [
    { shape: x.shape, data: dy.data },
  ]);
}

/** y.shape[i] = x.shape[axes[i]].   dx = dy with the axes put back. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  requireTensor('permute', x);
  requireList('permute', 'the order of the axes', axes);
  normalizeAxes('permute', axes, x.rank);
  if (axes.length !== x.rank) {
    throw new Error(
      `permute: axes [${axes.join(', ')}] must name every axis of [${x.shape.join(', ')}] once.`,
    );
  }
  const order = axes.map((axis) => (axis < 0 ? axis + x.rank : axis));
  const back = order.map((_, i) => order.indexOf(i));
  noteAxes(order);
  return record('permute', kernels(x).permute(x, order), [x], [], (dy) => [kernels(dy).permute(dy, back)]);
}

/** Exchanges two axes; default: the last two. */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  requireTensor('transpose', x);
  const order = x.shape.map((_, i) => i);
  const [first, second] = [a, b].map((axis) => normalizeAxis('transpose', axis, x.rank));
  order[first] = second;
  order[second] = first;
  return permute(x, order);
}

/** x repeated to a larger shape, as broadcasting does.   dx = dy summed over the repeats. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  requireTensor('broadcastTo', x);
  checkShape('broadcastTo', shape);
  const fits =
    shape.length >= x.rank && x.shape.every((n, i) => n === 1 || n === shape[shape.length - x.rank + i]);
  if (!fits)
    throw new Error(`broadcastTo: [${x.shape.join(', ')}] does not broadcast to [${shape.join(', ')}].`);
  return record('broadcastTo', kernels(x).broadcastTo(x, [...shape]), [x], [], (dy) => [dy]);
}

/** Tensors one after another along an axis; all other lengths equal.   Each dx is its part of dy. */
export function concat(xs: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(xs as unknown)) {
    throw new Error(`concat: takes a list of tensors, concat([a, b], axis), got ${shown(xs)}.`);
  }
  if (xs.length === 0) throw new Error('concat: needs at least one tensor.');
  const [first] = xs;
  requireOneDType('concat', ...xs);
  const at = normalizeAxis('concat', axis, first.rank);
  for (const x of xs) {
    if (x.rank !== first.rank || x.shape.some((length, i) => i !== at && length !== first.shape[i])) {
      const shapes = xs.map((each) => `[${each.shape.join(', ')}]`).join(' and ');
      throw new Error(`concat: ${shapes} differ in more than axis ${at}.`);
    }
  }
  noteAxes([at]);
  return record('concat', kernels(first).concat(xs, at), xs, [], (dy) => {
    let offset = 0;
    return xs.map((x) => {
      const begin = x.shape.map((_, i) => (i === at ? offset : 0));
      offset += x.shape[at];
      return () => kernels(dy).slice(dy, begin, x.shape);
    });
  });
}

/** x[begin .. begin + size) along every axis; a size of -1 reaches to the end.   dx = dy, zeros around it. */
export function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  requireTensor('slice', x);
  requireList('slice', 'begin', begin);
  requireList('slice', 'size', size);
  const lengths = size.map((length, i) => (length === -1 ? x.shape[i] - begin[i] : length));
  const fits =
    begin.length === x.rank &&
    lengths.length === x.rank &&
    [...begin, ...lengths].every(isCount) &&
    begin.every((from, i) => from + lengths[i] <= x.shape[i]);
  if (!fits) {
    throw new Error(
      `slice: begin ${shown(begin)} and size ${shown(size)} do not lie inside [${x.shape.join(', ')}].`,
    );
  }
  const after = x.shape.map((length, i) => length - begin[i] - lengths[i]);
  const y = kernels(x).slice(x, begin, lengths);
  return record('slice', y, [x], [], (dy) => [kernels(dy).pad(dy, begin, after, 0)]);
}

/** Cells of `value` before and after every axis.   dx = dy without them. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  requireTensor('pad', x);
  const isList = (cells: unknown) => Array.isArray(cells) && cells.length === x.rank && cells.every(isCount);
  if (!isList(before) || !isList(after)) {
    throw new Error(
      `pad: before and after are lists of ${x.rank} whole numbers of 0 or more, one per axis of [${x.shape.join(', ')}]; ` +
        `got ${shown(before)} and ${shown(after)}.`,
    );
  }
  checkNumber('pad', 'value', value, -Infinity, Infinity);
  checkShape(
    'pad',
    x.shape.map((length, i) => before[i] + length + after[i]),
  );
  const y = kernels(x).pad(x, before, after, value);
  return record('pad', y, [x], [], (dy) => [kernels(dy).slice(dy, before, x.shape)]);
}

/** [N, ...] -> [N, rest]. */
export function flatten(x: Tensor): Tensor {
  requireTensor('flatten', x);
  if (x.rank === 0) throw new Error('flatten: expected [N, ...], got a tensor of rank 0, a single number.');
  return reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
}

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;

function requireList(name: string, what: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new Error(`${name}: ${what} must be a list, such as [2, 3], got ${shown(value)}.`);
}
