import { type Shape, sizeOf } from '../kernels/contract.ts';
import type { Order } from './order.ts';

/**
 * How the numbers of a reshape lie in PyTorch. `turned`: there the channels come first among the axes that are put 'together' into one, or
 * that one is taken 'apart' into.
 */
export function reshaped(
  order: Order,
  from: Shape,
  to: Shape,
): { order: Order; turned?: 'together' | 'apart' } {
  const { channels, features } = order;
  const [last, rank] = [from.length - 1, to.length];
  const keepsLast = from[last] === to[rank - 1];
  if (same(from, to)) return { order };
  if (same(without1(from), without1(to)) && !keepsLast) {
    // One channel: its axis comes or goes; of several, a new axis stands behind theirs
    if (channels !== 'last' && from[last] > 1) return { order: { channels: 'unknown' } };
    return { order: { channels: rank > 3 ? 'second' : 'last' } };
  }
  if (same(without1(from), without1(to)) || endsWith(from, to.slice(1)) || endsWith(to, from.slice(1))) {
    // Axes of length 1 come or go; samples are put together or taken apart, and what one of them is stays
    const isPixel = from.length === 2 && rank > 3;
    return { order: { ...order, channels: isPixel ? 'second' : rank < 3 ? 'last' : channels } };
  }
  const kept = rank - 1;
  if (kept > 0 && kept < last && same(from.slice(0, kept), to.slice(0, kept))) {
    return flattened(order, from.slice(kept));
  }
  if (rank > from.length && same(from.slice(0, last), to.slice(0, last))) {
    return unflattened(order, last, to.slice(last));
  }
  if (keepsLast && rank > 3) {
    // Tokens as an image
    return { order: { ...order, channels: channels === 'last' ? 'second' : channels } };
  }
  if (keepsLast) {
    // An image as tokens, or as a sequence: whatever reads it says which
    return { order: { ...order, channels: channels === 'second' ? 'either' : channels } };
  }
  const isPlain = channels === 'last' && features === undefined;
  return { order: isPlain ? order : { channels: 'unknown', features: 'unknown' } };
}

/** `image`: the axes that become one. */
function flattened({ channels, features }: Order, image: Shape): ReturnType<typeof reshaped> {
  const isTurned = image[image.length - 1] > 1 && sizeOf(image.slice(0, -1)) > 1;
  if (!isTurned) return { order: { channels: 'last', features } };
  if (channels === 'second' && !features)
    return { order: { channels: 'last', features: image }, turned: 'together' };
  const isPlain = (channels === 'last' || channels === 'first' || channels === 'vector') && !features;
  return { order: isPlain ? { channels: 'last' } : { channels: 'last', features: 'unknown' } };
}

/** `image`: the axes that one becomes; `before`: how many are in front of it. */
function unflattened(
  { channels, features }: Order,
  before: number,
  image: Shape,
): ReturnType<typeof reshaped> {
  if (features && features !== 'unknown' && same(features, image))
    return { order: { channels: 'second' }, turned: 'apart' };
  if (features) return { order: { channels: 'unknown', features: 'unknown' } };
  // Only some of the channels are last
  if (before > 1 && channels !== 'last' && channels !== 'vector') return { order: { channels: 'unknown' } };
  return { order: { channels: before === 1 || (image.length > 2 && before > 2) ? 'vector' : channels } };
}

export const same = (a: Shape, b: Shape) => a.length === b.length && a.every((length, i) => length === b[i]);
const without1 = (shape: Shape) => shape.filter((length) => length !== 1);
const endsWith = (shape: Shape, end: Shape) => end.length > 0 && same(shape.slice(-end.length), end);
