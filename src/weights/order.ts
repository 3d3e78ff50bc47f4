/**
 * Where a network's numbers lie in PyTorch, whose channels come second: [N, H, W, C] is [N, C, H, W] there. Followed from operation to
 * operation, whatever the code of the forward passes is; what has no single answer is 'unknown', and is refused where it would matter.
 */
import type { Tensor } from '../autograd/index.ts';
import { WeightsError } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';
import { reshaped, same } from './reshaped.ts';

export interface Order {
  /**
   * Of our last axis:
   *   'last'     it is the last one there, too: vectors [N, D], tokens [N, T, F]
   *   'second'   it is the second one there: images, and the sequences [N, L, C] that 1-d convolutions put out
   *   'first'    turned by hand to [N, C, H, W], as it is there
   *   'vector'   made of a vector [N, D]: there in the order that a view of it has
   *   'either'   'last' or 'second', as what it is computed with
   *   'unknown'  one of these
   */
  channels: 'last' | 'second' | 'first' | 'vector' | 'either' | 'unknown';
  /** The last axis is a flattened image [H, W, C], there one of [C, H, W]; 'unknown': parts of such, or several side by side. */
  features?: Shape | 'unknown';
}

/** Results are sums over elements, and in the order of the weights, also where as many come out as went in. */
const products = ['linear', 'matmul', 'attentionWeights'];
const ofImages = /conv|pool/i;
const reductions = ['sum', 'mean', 'variance', 'max', 'min'];

/** Of the result `y` of an operation, from those of its inputs; undefined for what is made of constants only. */
export function orderOf(
  name: string,
  y: Tensor,
  inputs: readonly (Tensor | null)[],
  axes: readonly number[] | undefined,
  known: ReadonlyMap<Tensor, Order>,
): Order | undefined {
  const from = inputs.filter((x) => x !== null).filter((x) => known.has(x));
  if (from.length === 0) return name === 'embedding' ? { channels: 'last' } : undefined;
  const [x] = from;
  const order = known.get(x)!;
  if (name === 'reshape') return reshaped(order, x.shape, y.shape).order;
  if (name === 'permute') return permuted(order, x, axes!);
  if (reductions.includes(name)) return reduced(order, x.rank, y.rank, axes!);
  if (ofImages.test(name)) {
    if (order.channels === 'vector') throw unknownOrder(`${name} takes an image that was made of a vector`);
    return { channels: 'second' };
  }
  if (products.includes(name)) {
    if (from.some((each) => known.get(each)!.features === 'unknown'))
      throw unknownOrder(`${name} takes parts of flattened images`);
    const byWeights = name === 'matmul' && from.length === 1 && inputs[0] === x && inputs[1]?.rank === 2;
    const onPixels = (byWeights || name === 'linear') && order.channels === 'second' && x.rank > 3;
    return { channels: onPixels ? 'second' : 'last' };
  }
  if (name === 'concat') return joined(from, axes![0] === y.rank - 1, known);
  if (name === 'slice' || name === 'pad') return cut(order, x, y);
  return elementwise(y, from, known);
}

/** Refuses what has no single answer. */
export function unknownOrder(what: string): WeightsError {
  return new WeightsError(`${what}: in what order PyTorch would have its numbers is not known`, [
    "keep them in this library's own order: names: 'own'",
  ]);
}

function permuted(order: Order, x: Tensor, axes: readonly number[]): Order {
  const { channels, features } = order;
  const last = x.rank - 1;
  const isAxes = (wanted: readonly number[]) => same(axes, wanted);
  if (axes[last] === last) return order;
  const positions = Array.from({ length: Math.max(last - 1, 0) }, (_, i) => i + 1);
  const toFirst = isAxes([0, last, ...positions]);
  const toLast = isAxes([0, ...positions.map((axis) => axis + 1), 1]);
  if (features !== undefined) return { channels: 'unknown', features: 'unknown' };
  if (channels === 'second' && toFirst) return { channels: 'first' };
  // An image as [H W, C], and turned: as it lies in PyTorch
  if (channels === 'either' && toLast) return { channels: 'last' };
  // A vector as tokens or as a sequence
  if (channels === 'vector' && toLast && x.rank === 3) return { channels: 'either' };
  // Also of a model's own input [C, H, W], and of a vector that is viewed as [C, H, W]
  if (channels !== 'last' && channels !== 'unknown' && toLast) return { channels: 'second' };
  if (channels === 'first' && axes[0] === 0 && axes[1] === 1) return order;
  return { channels: channels === 'last' ? 'last' : 'unknown' };
}

function reduced(order: Order, before: number, after: number, axes: readonly number[]): Order {
  const { channels, features } = order;
  const isLast = axes.includes(before - 1);
  if (isLast && features === 'unknown') return { channels, features };
  if (before === after) return isLast ? { channels } : order;
  if (channels === 'vector' && before > 3) return { channels: 'last', features: 'unknown' };
  if (after < 3) return { channels: 'last', ...(!isLast && features !== undefined && { features }) };
  if (channels === 'first') return { channels: axes.includes(1) ? 'last' : 'first' };
  return isLast ? { channels: channels === 'second' ? 'last' : channels } : order;
}

function joined(from: readonly Tensor[], alongLast: boolean, known: ReadonlyMap<Tensor, Order>): Order {
  const orders = from.map((x) => known.get(x)!);
  const { channels, features } = agreed(orders);
  return { channels, ...(features !== undefined && { features: alongLast ? 'unknown' : features }) };
}

function cut(order: Order, x: Tensor, y: Tensor): Order {
  const isWhole = x.shape[x.rank - 1] === y.shape[y.rank - 1];
  return isWhole || order.features === undefined ? order : { ...order, features: 'unknown' };
}

/** Of y's elements one by one; smaller inputs are repeated. */
function elementwise(y: Tensor, from: readonly Tensor[], known: ReadonlyMap<Tensor, Order>): Order {
  const whole = from.filter(({ shape }) => same(shape, y.shape));
  const orders = whole.map((x) => known.get(x)!);
  const lines = from.filter((x) => !whole.includes(x) && x.shape[x.rank - 1] > 1);
  const repeated = lines.map((x) => known.get(x)!.features);
  if (orders.length === 0) {
    const { channels, features } = agreed(from.map((x) => known.get(x)!));
    return { channels, ...(features !== undefined && { features: 'unknown' }) };
  }
  const { channels, features } = agreed(orders);
  const isSame = repeated.every((each) => JSON.stringify(each) === JSON.stringify(features));
  return { channels, ...(isSame ? features !== undefined && { features } : { features: 'unknown' }) };
}

function agreed(orders: readonly Order[]): Order {
  const [first] = orders;
  const isOne = (of: keyof Order) =>
    orders.every((each) => JSON.stringify(each[of]) === JSON.stringify(first[of]));
  const channels = new Set(orders.map((each) => each.channels));
  if (channels.size > 1) channels.delete('either');
  return {
    channels: channels.size === 1 ? [...channels][0] : 'unknown',
    ...(isOne('features')
      ? first.features !== undefined && { features: first.features }
      : { features: 'unknown' }),
  };
}
