import { expect, test } from 'vitest';
import type { Shape } from '../../src/kernels/contract.ts';
import { createRandom } from '../../src/random.ts';
import { verifyFile } from '../../src/verify/index.ts';

/**
 * Golden cases in PyTorch's layout, with numbers from plain loops in that layout: norms that change layout on their way
 * through this engine must bring everything back to its place, whatever the rank.
 */
interface Golden {
  shape: Shape;
  data: number[];
}

const sizeOf = (shape: Shape) => shape.reduce((product, length) => product * length, 1);
const random = createRandom('layouts');
const draw = (shape: Shape): Golden => ({
  shape,
  data: Array.from({ length: sizeOf(shape) }, () => random.normal()),
});

/** y and the gradients of a norm: `setOf` and `featureOf` say to which set and which gamma the element i belongs. */
function normCase(
  op: string,
  attrs: object,
  x: Golden,
  gamma: Golden,
  setOf: (i: number) => number,
  featureOf: (i: number) => number,
) {
  const beta = draw(gamma.shape);
  const upstream = draw(x.shape);
  const members = new Map<number, number[]>();
  for (const i of x.data.keys()) members.set(setOf(i), [...(members.get(setOf(i)) ?? []), i]);
  const y = new Array<number>(x.data.length);
  const dx = new Array<number>(x.data.length);
  const [dgamma, dbeta] = [gamma, beta].map(({ data }) => data.map(() => 0));
  for (const set of members.values()) {
    const mean = (of: (i: number) => number) => set.reduce((sum, i) => sum + of(i), 0) / set.length;
    const mu = mean((i) => x.data[i]);
    const sigma = Math.sqrt(mean((i) => (x.data[i] - mu) ** 2) + 1e-5);
    const xHat = (i: number) => (x.data[i] - mu) / sigma;
    const g = (i: number) => upstream.data[i] * gamma.data[featureOf(i)];
    const [along1, alongX] = [mean(g), mean((i) => g(i) * xHat(i))];
    for (const i of set) {
      const feature = featureOf(i);
      y[i] = gamma.data[feature] * xHat(i) + beta.data[feature];
      dx[i] = (g(i) - along1 - xHat(i) * alongX) / sigma;
      dgamma[feature] += upstream.data[i] * xHat(i);
      dbeta[feature] += upstream.data[i];
    }
  }
  const like = (tensor: Golden, data: number[]) => ({ shape: tensor.shape, data });
  return {
    name: `${op} of [${x.shape.join(', ')}], gamma [${gamma.shape.join(', ')}]`,
    op,
    attrs: { eps: 1e-5, ...attrs },
    inputs: { x, gamma, beta },
    upstream,
    outputs: { y: like(x, y) },
    grads: { x: like(x, dx), gamma: like(gamma, dgamma), beta: like(beta, dbeta) },
  };
}

function expectAll(cases: readonly { name: string }[]): void {
  for (const { name, status, runs } of verifyFile({ family: 'layouts', cases }).cases) {
    expect(status, `${name}: ${JSON.stringify(runs)}`).toBe('passed');
  }
}

const shapes: Shape[] = [[6], [3, 4], [2, 3, 4], [2, 3, 4, 5], [2, 3, 2, 4, 3]];

test('layerNorm over any number of last axes, up to all of them', () => {
  expectAll(
    shapes.flatMap((shape) =>
      shape.map((_, k) => {
        const gamma = draw(shape.slice(k));
        const size = gamma.data.length;
        const attrs = { normalizedShape: gamma.shape };
        return normCase(
          'layerNorm',
          attrs,
          draw(shape),
          gamma,
          (i) => Math.floor(i / size),
          (i) => i % size,
        );
      }),
    ),
  );
});

test('batchNorm, groupNorm, instanceNorm and layerNormChannels of every rank', () => {
  expectAll(
    shapes.slice(1).flatMap((given) => {
      const shape = [given[0], 4, ...given.slice(2)];
      const positions = sizeOf(shape.slice(2));
      const channel = (i: number) => Math.floor(i / positions) % 4;
      const sample = (i: number) => Math.floor(i / positions / 4);
      const of = (op: string, attrs: object, setOf: (i: number) => number) =>
        normCase(op, attrs, draw(shape), draw([4]), setOf, channel);
      return [
        of('batchNorm', { training: true }, channel),
        of('groupNorm', { groups: 2 }, (i) => 2 * sample(i) + Math.floor(channel(i) / 2)),
        of('layerNormChannels', {}, (i) => sample(i) * positions + (i % positions)),
        ...(positions > 1 ? [of('instanceNorm', {}, (i) => 4 * sample(i) + channel(i))] : []),
      ];
    }),
  );
});

const empty = { shape: [0, 3], data: [] };
const reluOf = (x: Golden, y: Golden) => ({
  name: 'relu',
  op: 'relu',
  inputs: { x },
  upstream: y,
  outputs: { y },
  grads: { x: y },
});

test('empty tensors pass where their shape is right', () => {
  expectAll([reluOf(empty, empty)]);
  const [wrong] = verifyFile({ family: 'x', cases: [reluOf(empty, { shape: [3, 0], data: [] })] }).cases;
  expect(wrong.runs[0].message).toBe('outputs.y: expected shape [3, 0], got [0, 3]');
});

test('a case that compares nothing at all is no pass', () => {
  const nothing = {
    name: 'sgd',
    op: 'sgd',
    attrs: { lr: 0.1 },
    inputs: {},
    gradSequence: [],
    paramSequence: [],
  };
  const [result] = verifyFile({ family: 'x', cases: [nothing] }).cases;
  expect(result.status).toBe('failed');
  expect(result.runs[0].message).not.toBeNull();
});

test('rank 0, and reductions to it', () => {
  const two = { shape: [], data: [2] };
  expectAll([
    reluOf(two, two),
    {
      ...reluOf({ shape: [2, 2], data: [1, 2, 3, 4] }, { shape: [], data: [10] }),
      op: 'sum',
      grads: { x: { shape: [2, 2], data: [10, 10, 10, 10] } },
    },
  ]);
});
