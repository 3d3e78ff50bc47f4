import { reshape, type Tensor } from '../autograd/index.ts';
import type { Shape } from '../kernels/contract.ts';
import type { Module } from '../nn/module.ts';
import { createRandom } from '../random.ts';
import { channelsApart, followed, sampleOf } from './flattened.ts';
import { type Order, unknownOrder } from './order.ts';
import { ownSlots, type Slots } from './slots.ts';

/** Sums of float32 in another order; what is in the wrong order is off by a share of itself. */
const TOLERANCE = 1e-4;

/**
 * Throws a WeightsError unless the network computes the same where its images are flattened with their channels first, as in PyTorch,
 * from the weights that `slots` would write for it, put back as they are there (`unturned`). So nothing is written that is right for one
 * of two branches only, or for a layer but not for a parameter of the model's own. The weights are scaled at random meanwhile: slopes that
 * are all alike would hide their order.
 */
export function checkOrder(model: Module, input: Shape, slots: Slots, unturned: Slots): void {
  const own = [...ownSlots(model).values()].map((slot) => ({ slot, before: slot.read() }));
  const random = createRandom('scaled');
  const x = sampleOf(model, input);
  try {
    for (const { slot, before } of own) slot.write(before.map((value) => value * (0.5 + random.uniform())));
    const here = followed(model, x, { turn: false }).y;
    const written = [...slots].map(([name, slot]) => ({ name, numbers: slot.read() }));
    for (const { name, numbers } of written) unturned.get(name)!.write(numbers);
    const { y, order } = followed(model, x, { turn: true });
    const there = isFlat(order)
      ? reshape(channelsApart(y, [...y.shape.slice(0, -1), ...order.features]), y.shape)
      : y;
    if (isFar(here, there)) throw unknownOrder('the network mixes flattened images with other numbers');
  } finally {
    for (const { slot, before } of own) slot.write(before);
  }
}

/** A result that is a flattened image itself. */
function isFlat(order: Order | undefined): order is Order & { features: Shape } {
  return order?.features !== undefined && order.features !== 'unknown';
}

function isFar(here: Tensor, there: Tensor): boolean {
  const [a, b] = [Array.from(here.data), Array.from(there.data)];
  const size = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.some((value, i) => !Object.is(value, b[i]) && !(Math.abs(value - b[i]) <= TOLERANCE * size));
}
