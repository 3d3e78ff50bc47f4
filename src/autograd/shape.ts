import { kernels } from '../kernels/active.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';
import { normalizeAxes } from './axes.ts';
import { record, sameDType } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** The same numbers in another shape, without a copy; one length may be -1: whatever is left. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((size, length) => (length === -1 ? size : size * length), 1);
  const resolved = shape.map((length) => (length === -1 ? x.size / known : length));
  if (
    shape.filter((length) => length === -1).length > 1 ||
    sizeOf(resolved) !== x.size ||
    !resolved.every(Number.isInteger)
  ) {
    throw new Error(
      `reshape: [${x.shape.join(', ')}] holds ${x.size} values and does not fit [${shape.join(', ')}].`,
    );
  }
  return record('reshape', { shape: resolved, data: x.data }, [x], [], (dy) => [
    { shape: x.shape, data: dy.data },
  ]);
}

/** y.shape[i] = x.shape[axes[i]].   dx = dy with the axes put back. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  normalizeAxes('permute', axes, x.rank);
  if (axes.length !== x.rank) {
    throw new Error(
      `permute: axes [${axes.join(', ')}] must name every axis of [${x.shape.join(', ')}] once.`,
    );
  }
  const order = axes.map((axis) => (axis < 0 ? axis + x.rank : axis));
  const back = order.map((_, i) => order.indexOf(i));
  return record('permute', kernels(x).permute(x, order), [x], [], (dy) => [kernels(dy).permute(dy, back)]);
}

/** Exchanges the last two axes. */
export function transpose(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  return permute(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** x repeated to a larger shape, as broadcasting does.   dx = dy summed over the repeats. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  const fits =
    shape.length >= x.rank && x.shape.every((n, i) => n === 1 || n === shape[shape.length - x.rank + i]);
  if (!fits)
    throw new Error(`broadcastTo: [${x.shape.join(', ')}] does not broadcast to [${shape.join(', ')}].`);
  return record('broadcastTo', kernels(x).broadcastTo(x, shape), [x], [], (dy) => [dy]);
}

/** Tensors one after another along an axis; all other lengths equal.   Each dx is its part of dy. */
export function concat(xs: readonly Tensor[], axis: number): Tensor {
  if (xs.length === 0) throw new Error('concat: needs at least one tensor.');
  const [first] = xs;
  sameDType('concat', first, ...xs);
  const [at] = normalizeAxes('concat', axis, first.rank);
  for (const x of xs) {
    if (x.rank !== first.rank || x.shape.some((length, i) => i !== at && length !== first.shape[i])) {
      const shapes = xs.map((each) => `[${each.shape.join(', ')}]`).join(' and ');
      throw new Error(`concat: ${shapes} differ in more than axis ${at}.`);
    }
  }
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
  const lengths = size.map((length, i) => (length === -1 ? x.shape[i] - begin[i] : length));
  const fits =
    begin.length === x.rank &&
    lengths.length === x.rank &&
    begin.every((from, i) => from >= 0 && lengths[i] >= 0 && from + lengths[i] <= x.shape[i]);
  if (!fits) {
    throw new Error(
      `slice: begin [${begin.join(', ')}] and size [${size.join(', ')}] do not lie inside [${x.shape.join(', ')}].`,
    );
  }
  const after = x.shape.map((length, i) => length - begin[i] - lengths[i]);
  const y = kernels(x).slice(x, begin, lengths);
  return record('slice', y, [x], [], (dy) => [kernels(dy).pad(dy, begin, after, 0)]);
}

/** Cells of `value` before and after every axis.   dx = dy without them. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  if (
    before.length !== x.rank ||
    after.length !== x.rank ||
    [...before, ...after].some((cells) => cells < 0)
  ) {
    throw new Error(
      `pad: before and after need ${x.rank} lengths >= 0, one per axis of [${x.shape.join(', ')}].`,
    );
  }
  const y = kernels(x).pad(x, before, after, value);
  return record('pad', y, [x], [], (dy) => [kernels(dy).slice(dy, before, x.shape)]);
}

/** [N, ...] -> [N, rest]. */
export function flatten(x: Tensor): Tensor {
  if (x.rank === 0) throw new Error('flatten: expected [N, ...], got a tensor of rank 0, a single number.');
  return reshape(x, [x.shape[0], x.size / x.shape[0]]);
}
