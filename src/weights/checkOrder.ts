import { reshape, Tensor } from '../autograd/index.ts';
import { WeightsError } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';
import { type Module, ownTensors } from '../nn/module.ts';
import { Norm } from '../nn/norm/core/norm.ts';
import { createRandom } from '../random.ts';
import { channelsApart, type Flattened, followed, sampleOf } from './flattened.ts';
import { type Order, unknownOrder } from './order.ts';
import { pytorchSlots } from './pytorch.ts';

/** Sums of float32 in another order; what is in the wrong order is off by a share of itself. */
const TOLERANCE = 1e-4;
/** An output that is far smaller than the others is the difference of numbers of their size. */
const SMALLEST = 1e-2;

/**
 * Throws a WeightsError unless the network computes the same where its images are flattened with their channels first, as in PyTorch,
 * from the weights that would be written for it, put back as they are there. So nothing is written that is right for one of two branches
 * only, or for a layer but not for a parameter of the model's own. Meanwhile the model has other numbers in copies of its weights: zeros,
 * or slopes that are all alike, would hide their order.
 */
export function checkOrder(model: Module, input: Shape, { images, sequences }: Flattened): void {
  const restore = withOtherNumbers(model);
  try {
    const x = sampleOf(model, input);
    const here = followed(model, x, { turn: false }).y;
    const written = [...pytorchSlots(model, images)].map(([name, slot]) => ({ name, numbers: slot.read() }));
    const unturned = pytorchSlots(model, sequences);
    const before = [...unturned.values()].map((slot) => ({ slot, numbers: slot.read() }));
    for (const { name, numbers } of written) unturned.get(name)!.write(numbers);
    const { y, order } = followed(model, x, { turn: true });
    const there = isFlat(order)
      ? reshape(channelsApart(y, [...y.shape.slice(0, -1), ...order.features]), y.shape)
      : y;
    if (!isFar(here, there)) return;
    if (!here.data.every(Number.isFinite))
      throw unknownOrder("the network's results for a sample are not finite");
    for (const { slot, numbers } of before) slot.write(numbers);
    if (isFar(here, followed(model, x, { turn: false }).y)) {
      throw new WeightsError(
        'the forward pass draws in evaluation mode, or keeps numbers from call to call',
        ["so nothing can be said of its order; names: 'own' keeps this library's"],
      );
    }
    throw unknownOrder('the network mixes flattened images with other numbers');
  } finally {
    restore();
  }
}

/** Puts copies in the places of all tensors, weights and what norms keep being changed at random. Returns what puts the tensors back. */
function withOtherNumbers(model: Module): () => void {
  const random = createRandom('other numbers');
  const copies = new Map<Tensor, Tensor>();
  const puts: (() => void)[] = [];
  const scaled = (value: number, isMatrix: boolean) => {
    const sign = isMatrix && random.uniform() < 0.5 ? -1 : 1;
    return sign * value * (0.5 + random.uniform());
  };
  for (const module of model.namedModules().values()) {
    for (const { value, replace } of ownTensors(module)) {
      const { requiresGrad, rank } = value;
      let copy = copies.get(value);
      if (copy === undefined) {
        copy = new Tensor(value.data.slice(), value.shape);
        copies.set(value, copy);
        const { data } = copy;
        for (let i = 0; i < data.length; i++) {
          if (requiresGrad) data[i] = scaled(data[i] || 0.1 * (random.uniform() - 0.5), rank > 1);
          else if (module instanceof Norm) data[i] = scaled(data[i], false);
        }
        copy.requiresGrad = requiresGrad;
      }
      replace(copy);
      puts.push(() => replace(value));
    }
  }
  return () => {
    for (const put of puts) put();
  };
}

/** A result that is a flattened image itself. */
function isFlat(order: Order | undefined): order is Order & { features: Shape } {
  return order?.features !== undefined && order.features !== 'unknown';
}

/** Output by output. */
function isFar(here: Tensor, there: Tensor): boolean {
  const [a, b] = [here.data, there.data];
  const outputs = here.shape[here.rank - 1] ?? 1;
  const sizes = new Float64Array(outputs);
  for (let i = 0; i < a.length; i++) sizes[i % outputs] = Math.max(sizes[i % outputs], Math.abs(a[i]));
  const least = SMALLEST * Math.max(...sizes);
  for (let i = 0; i < a.length; i++) {
    if (!(Math.abs(a[i] - b[i]) <= TOLERANCE * Math.max(sizes[i % outputs], least))) return true;
  }
  return false;
}
