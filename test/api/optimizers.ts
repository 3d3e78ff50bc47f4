import fc from 'fast-check';
import * as ops from '../../src/autograd/index.ts';
import { parameter, type Tensor, tensor } from '../../src/autograd/index.ts';
import { AdamW, Rmsprop, Sgd } from '../../src/optim/index.ts';
import * as schedules from '../../src/optim/schedules.ts';
import {
  type Anything,
  type Fields,
  flag,
  numbers,
  options,
  type Recipe,
  type Run,
  recipe,
  shape,
  size,
} from './recipe.ts';

/** Random optimizers and schedules, each taking some steps. */
export const optimizers: Record<string, Recipe> = {};
const allSchedules = { ...schedules };

const optimizer =
  (make: (parameters: Tensor[], given: Anything) => Sgd | AdamW | Rmsprop): Run =>
  ([given, shape], bench, dtype) => {
    const lengths = ops.zeros(shape).shape; // which checks it
    const w = parameter(ops.tensor(numbers(lengths, 1), { dtype }).data, [size(lengths)]);
    bench.parameters.push(w);
    const trained = make([w], given);
    for (let step = 0; step < 2; step++) {
      ops.sum(ops.square(w)).backward();
      trained.step();
      trained.zeroGrad();
    }
    return w.clone();
  };
const rate = fc.double({ min: 0, max: 1, noNaN: true });
optimizers.Sgd = recipe(
  fc.tuple(
    fc.record({ lr: rate, momentum: rate, nesterov: flag, weightDecay: rate }, { requiredKeys: ['lr'] }),
    shape(),
  ),
  optimizer((w, given) => new Sgd(w, given)),
);
optimizers.AdamW = recipe(
  fc.tuple(
    options({
      lr: rate,
      betas: fc.tuple(fc.constantFrom(0, 0.9), fc.constantFrom(0.5, 0.999)),
      weightDecay: rate,
      amsgrad: flag,
    }),
    shape(),
  ),
  optimizer((w, given) => new AdamW(w, given)),
);
optimizers.Rmsprop = recipe(
  fc.tuple(
    options({ lr: rate, alpha: rate, momentum: rate, centered: flag, weightDecay: rate, maximize: flag }),
    shape(),
  ),
  optimizer((w, given) => new Rmsprop(w, given)),
);
for (const name of ['cosine', 'linear', 'stepDecay'] as const) {
  const fields: Fields =
    name === 'stepDecay'
      ? { milestones: fc.array(fc.nat(20)), gamma: rate }
      : { steps: fc.integer({ min: 1, max: 20 }), end: rate };
  optimizers[`schedules.${name}`] = recipe(fc.tuple(options(fields)), ([given]) =>
    tensor([0, 3, 50].map((allSchedules[name] as Anything)(given))),
  );
}
