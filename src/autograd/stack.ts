import { shown } from '../errors.ts';
import { checkCount } from '../options.ts';
import { normalizeAxes, normalizeAxis } from './axes.ts';
import { requireTensor } from './inputs.ts';
import { concat, reshape, slice } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** Axes that come and go, and tensors that are put together or cut apart along them: made of reshape, concat and slice. */

/** A new axis of length 1 in front of the axis that is `axis` now; -1: behind the last.   [2, 3] at 1 -> [2, 1, 3] */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  requireTensor('unsqueeze', x);
  const at = normalizeAxis('unsqueeze', axis, x.rank + 1);
  return reshape(x, x.shape.toSpliced(at, 0, 1));
}

/** Without the axes of length 1: all of them, or those that are named, which then must have it. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  requireTensor('squeeze', x);
  const dropped =
    axes === undefined
      ? x.shape.flatMap((n, i) => (n === 1 ? [i] : []))
      : normalizeAxes('squeeze', axes, x.rank);
  const longer = dropped.find((axis) => x.shape[axis] !== 1);
  if (longer !== undefined) {
    throw new Error(
      `squeeze: axis ${longer} of [${x.shape.join(', ')}] has length ${x.shape[longer]}, not 1.`,
    );
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !dropped.includes(i)),
  );
}

/** Tensors of one shape side by side along a new axis: [2, 3] and [2, 3] at 0 -> [2, 2, 3].   Each dx is its part of dy. */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(xs as unknown)) {
    throw new Error(`stack: takes a list of tensors, stack([a, b], axis), got ${shown(xs)}.`);
  }
  if (xs.length === 0) throw new Error('stack: needs at least one tensor.');
  for (const x of xs) {
    requireTensor('stack', x);
    if (x.shape.join() === xs[0].shape.join()) continue;
    throw new Error(
      `stack: all tensors must have one shape, got [${xs[0].shape.join(', ')}] and [${x.shape.join(', ')}]. concat puts ` +
        'together what differs along one axis.',
    );
  }
  const at = normalizeAxis('stack', axis, xs[0].rank + 1);
  return concat(
    xs.map((x) => unsqueeze(x, at)),
    at,
  );
}

/** Parts of an axis, one after another: of `size` each, the last one shorter where it does not divide; or of the sizes listed. */
export function split(x: Tensor, size: number | readonly number[], axis = 0): Tensor[] {
  requireTensor('split', x);
  const at = normalizeAxis('split', axis, x.rank);
  const length = x.shape[at];
  const sizes = Array.isArray(size) ? size : equalParts(size as number, length);
  if (
    sizes.some((each) => !Number.isSafeInteger(each) || each < 0) ||
    sizes.reduce((a, b) => a + b, 0) !== length
  ) {
    throw new Error(
      `split: the sizes must be whole numbers whose sum is ${length}, the length of axis ${at}, got ${shown(size)}.`,
    );
  }
  let from = 0;
  return sizes.map((each) => {
    const begin = x.shape.map((_, i) => (i === at ? from : 0));
    from += each;
    return slice(
      x,
      begin,
      x.shape.map((whole, i) => (i === at ? each : whole)),
    );
  });
}

function equalParts(size: number, length: number): number[] {
  checkCount('split', 'the size of a part', size);
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => Math.min(size, length - i * size));
}
