import fc from 'fast-check';
import * as nn from '../../src/nn/index.ts';
import { createRandom } from '../../src/random.ts';
import {
  type Anything,
  flag,
  images,
  length,
  options,
  pair,
  type Recipe,
  type Run,
  recipe,
  tensorOf,
  windowFields,
} from './recipe.ts';

/** Random calls of layers: built with some arguments, called with others. Every norm of the registry is among them. */
export const layers: Record<string, Recipe> = {};

/** A layer built with some arguments, in the tensor's dtype, called with others. */
const layer =
  (build: (...args: Anything[]) => nn.Module, count: number): Run =>
  (args, bench, dtype) => {
    const built = build(...args.slice(0, count));
    bench.parameters.push(...built.parameters());
    built.to(dtype).train(args[count] !== false);
    bench.parameters.push(...built.parameters());
    bench.leaves.push(...built.parameters());
    return (built.forward as Anything)(...args.slice(count + 1));
  };
const then = options({ relu: flag });
/** The same first weights on both sets of kernels. */
const seeded = (given: Anything) =>
  given === null || typeof given !== 'object' ? given : { random: createRandom(1), ...given };

for (const entry of nn.norms) {
  if (entry.kind === 'weight') {
    layers[`norm ${entry.name}`] = recipe(
      fc
        .tuple(fc.constantFrom(2, 4, 6), images)
        .chain(([features, [, kh, kw, from]]) =>
          fc.tuple(
            fc.constant(features),
            options({ eps: fc.constantFrom(1e-5, 1e-3), iterations: fc.nat(3) }),
            flag,
            tensorOf([kh, kw, from, features]),
          ),
        ),
      layer((features, given) => entry.build(features, given), 2),
    );
    continue;
  }
  const fields = {
    ...{
      eps: fc.constantFrom(1e-5, 1e-3, 1),
      affine: flag,
      groups: fc.constantFrom(1, 2, 3),
      momentum: fc.constantFrom(0, 0.1, 1, null),
    },
    ...{
      ddof: fc.constantFrom(0, 1),
      epsInside: flag,
      virtualBatch: fc.constantFrom(1, 2, 5),
      topK: fc.constantFrom(1, 4),
      conditions: fc.constantFrom(1, 3),
    },
    ...{
      portion: fc.constantFrom(0.2, 1),
      trackRunningStats: flag,
      estimated: flag,
      size: fc.constantFrom(1, 2, 5),
      learnEps: flag,
    },
  };
  layers[`norm ${entry.name}`] = recipe(
    fc
      .tuple(fc.constantFrom(1, 2, 4, 6), images, fc.constantFrom(0, 1, 2, 2, 2, 3))
      .chain(([features, [n, h, w], axes]) =>
        fc.tuple(
          fc.constant(features),
          options(fields),
          flag,
          ...((lengths) => [tensorOf(lengths), options({ relu: flag, residual: tensorOf(lengths) })])([
            n,
            ...[h, w, 2].slice(0, axes),
            features,
          ]),
        ),
      ),
    layer((features, given) => entry.build(features, given), 2),
  );
}
layers.Linear = recipe(
  fc
    .tuple(length, length, length)
    .chain(([n, from, to]) =>
      fc.tuple(fc.constant(from), fc.constant(to), options({ bias: flag }), flag, tensorOf([n, from]), then),
    ),
  layer((from, to, given) => new nn.Linear(from, to, { random: createRandom(1), ...(given as object) }), 3),
);
layers.Conv2d = recipe(
  images.chain((x) =>
    fc.tuple(
      fc.constant(x[3]),
      fc.constantFrom(1, 2, 4),
      pair(1, 3),
      options({ ...windowFields, groups: fc.constantFrom(1, 2), bias: flag }),
      flag,
      tensorOf(x),
      then,
    ),
  ),
  layer((from, to, kernel, given) => new nn.Conv2d(from, to, kernel, seeded(given)), 4),
);
layers.Conv1d = recipe(
  fc.tuple(length, length, fc.constantFrom(1, 2, 4)).chain(([n, steps, from]) =>
    fc.tuple(
      fc.constant(from),
      fc.constantFrom(1, 2, 4),
      fc.integer({ min: 1, max: 3 }),
      options({
        stride: fc.constantFrom(1, 2),
        padding: fc.nat(2),
        groups: fc.constantFrom(1, 2),
        bias: flag,
      }),
      flag,
      tensorOf([n, steps, from]),
      then,
    ),
  ),
  layer((from, to, kernel, given) => new nn.Conv1d(from, to, kernel, seeded(given)), 4),
);
layers.ConvTranspose2d = recipe(
  images.chain((x) =>
    fc.tuple(
      fc.constant(x[3]),
      fc.constantFrom(1, 2, 4),
      pair(1, 3),
      options({
        stride: pair(1, 3),
        padding: pair(0, 1),
        outputPadding: fc.nat(2),
        groups: fc.constantFrom(1, 2),
        bias: flag,
      }),
      flag,
      tensorOf(x),
    ),
  ),
  layer((from, to, kernel, given) => new nn.ConvTranspose2d(from, to, kernel, seeded(given)), 4),
);
layers.AdaptiveAvgPool2d = recipe(
  fc.tuple(pair(1, 5), flag, images.chain(tensorOf)),
  layer((size) => new nn.AdaptiveAvgPool2d(size), 1),
);
layers.Activation = recipe(
  fc.tuple(fc.constantFrom(...nn.activationNames), fc.constant({}), flag, images.chain(tensorOf)),
  layer((name, given) => nn.activation(name, given), 2),
);
layers.PRelu = recipe(
  images.chain((x) =>
    fc.tuple(fc.constantFrom(1, x[3]), options({ init: fc.constantFrom(0, 0.25) }), flag, tensorOf(x)),
  ),
  layer((channels, given) => new nn.PRelu(channels, given), 2),
);
for (const [name, Layer] of Object.entries({ Gru: nn.Gru, Lstm: nn.Lstm, NormalizedGru: nn.NormalizedGru })) {
  const fields = { layers: fc.constantFrom(1, 2), bidirectional: flag, bias: flag };
  layers[name] = recipe(
    fc
      .tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(0, 1, 3), fc.constantFrom(1, 2, 4))
      .chain(([n, t, from]) =>
        fc.tuple(
          fc.constant(from),
          fc.constantFrom(1, 3),
          options(name === 'NormalizedGru' ? { bias: flag } : fields),
          flag,
          tensorOf([n, t, from]),
        ),
      ),
    layer(
      (from, hidden, given) => new Layer(from, hidden, { random: createRandom(1), ...(given as object) }),
      3,
    ),
  );
}
const { MultiHeadAttention, TransformerBlock } = nn;
for (const [name, Layer] of Object.entries({ MultiHeadAttention, TransformerBlock })) {
  layers[name] = recipe(
    fc
      .tuple(fc.constantFrom(0, 1, 2), length, fc.constantFrom(2, 4, 6), fc.constantFrom(1, 2, 3))
      .chain(([n, l, features, heads]) =>
        fc.tuple(
          fc.constant(features),
          fc.constant(heads),
          options(
            name === 'MultiHeadAttention'
              ? { bias: flag }
              : { normPlacement: fc.constantFrom('before', 'after') },
          ),
          flag,
          tensorOf([n, l, features]),
          options({ causal: flag }),
        ),
      ),
    layer(
      (features, heads, given) =>
        new Layer(features, heads, {
          random: createRandom(1),
          ...(name === 'TransformerBlock' && { norm: (count: number) => new nn.LayerNorm(count) }),
          ...(given as object),
        }),
      3,
    ),
  );
}
layers.ResidualBlock = recipe(
  images.chain((x) =>
    fc.tuple(fc.constant(x[3]), fc.constantFrom(2, 4), fc.constantFrom(1, 2), flag, tensorOf(x)),
  ),
  layer(
    (from, to, stride) =>
      new nn.ResidualBlock(from, to, {
        stride,
        random: createRandom(1),
        norm: (features) => new nn.GroupNorm(1, features),
      }),
    3,
  ),
);
