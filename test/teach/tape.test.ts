import { describe, expect, it } from 'vitest';
import { tensor } from '../../src/autograd/index.ts';
import { batchNorm } from '../../src/nn/norm/batch/batchNorm.ts';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import { registry } from '../../src/nn/norm/registry.ts';
import { box, layoutOf } from '../../src/page/panels/tape/layout.ts';
import { composedNorm } from '../../src/teach/composed.ts';
import { explainNorm } from '../../src/teach/explain.ts';
import type { Request } from '../../src/teach/request.ts';
import { tapeOf } from '../../src/teach/tape.ts';

const standardNorms = registry.filter((entry) => explainNorm(entry, {}).standardization !== null);
const row: Request = { x: [[1, 2, 3, 6]], g: [[0.5, -1, 0.25, 1]] };
const two: Request = { x: [[1, 2, 6, 4, 3, 8]], g: [[0.5, -1, 0.25, 1, -0.5, 0.75]] };
const images: Request = { shape: [2, 2, 2, 4] };
const requests = [row, two, images, { ...row, mode: 'eval' }] as const;

describe.each(standardNorms)('$title by autograd and as it is written', (entry) => {
  it('is the same, step by step', () => {
    expect(tapeOf(entry, row).dx.written).toEqual(explainNorm(entry, row).dx);
    for (const request of entry.kind === 'weight' ? [row, two] : requests) {
      const tape = tapeOf(entry, request);
      const size = tape.dx.written.length;
      expect(tape.check.passed).toBe(true);
      expect(tape.difference).toBeLessThan(1e-14 * size);
      const isGiven = !tape.nodes.some(({ name, op }) => name === 'v' && op !== null);
      // With given statistics the file computes what goes to them, and nobody asks for it.
      const unused = tape.written.filter(({ difference }) => difference === null).map(({ name }) => name);
      expect(unused).toEqual(isGiven && entry.name === 'batch' ? ['dmu', 'dsigma', 'dv'] : []);
      for (const { name, difference } of tape.written) {
        expect(difference ?? 0, name).toBeLessThan(1e-13 * size);
      }
    }
  });

  it('sends a gradient to x along every path, and dx is their sum', () => {
    const { backward, dx } = tapeOf(entry, row);
    const arrived = backward.flatMap(({ sends }) => sends.filter(({ to }) => to === 0));
    expect(arrived).toHaveLength(entry.centred ? 3 : 2);
    dx.composed.forEach((value, i) => {
      expect(arrived.reduce((sum, { values }) => sum + values[i], 0)).toBeCloseTo(value, 14);
    });
    expect(arrived.at(-1)!.total).toEqual(dx.composed);
  });
});

it('the variance hands no gradient to the mean: the sum of x - mu is 0', () => {
  const { nodes, backward } = tapeOf(findNorm('layer'), row);
  const mu = nodes.findIndex(({ name }) => name === 'mu');
  const toMean = backward.flatMap(({ sends }) => sends.filter(({ to }) => to === mu));
  expect(toMean).toHaveLength(2);
  expect(toMean[1].values[0]).toBeCloseTo(0, 14);
});

it('a detached statistic stops the gradient, and differences of the loss say that this is wrong', () => {
  const { nodes, check, backward } = tapeOf(findNorm('layer'), { ...row, detach: 'both' });
  expect(nodes.filter(({ isConstant }) => isConstant).map(({ label }) => label)).toEqual(['μ', 'v']);
  expect(backward.flatMap(({ sends }) => sends.filter(({ to }) => to === 0))).toHaveLength(1);
  expect(check.passed).toBe(false);
});

it('a norm that is something else than one standardization is refused', () => {
  expect(() => tapeOf(findNorm('grn'), {})).toThrow('something else than one standardization');
});

it.each([
  { eps: 0.1, epsInside: false, ddof: 0 },
  { eps: 0.1, epsInside: true, ddof: 1 },
  { eps: 0.1, epsInside: false, ddof: 1 },
] as const)('a composed norm keeps to the conventions: %j', (conventions) => {
  const numbers = [1, 2, 3, 6];
  const make = (shape: number[]) => tensor(numbers, shape, { dtype: 'float64', requiresGrad: true });
  const dy = { shape: [4, 1], data: Float64Array.of(0.5, -1, 0.25, 1) };
  const [x, own] = [make([4, 1]), make([1, 4, 1, 1])];
  const y = batchNorm(x, { ...conventions, gamma: null, beta: null }).y;
  const numbersOfY = y.toArray();
  y.backward({ gradient: dy });
  const composed = composedNorm({
    ...{ x: own, gamma: null, beta: null, centred: true, constants: {}, note: (each) => each },
    ...conventions,
  });
  expect(Math.max(...composed.toArray().map((value, i) => Math.abs(value - numbersOfY[i])))).toBeLessThan(
    1e-15,
  );
  composed.backward({ gradient: { ...dy, shape: [1, 4, 1, 1] } });
  for (const [i, value] of own.grad!.toArray().entries()) expect(value).toBeCloseTo(x.grad!.data[i], 14);
});

describe('the layout', () => {
  it.each([row, { ...row, mode: 'eval' }, { ...row, detach: 'both' }] as const)(
    'keeps nodes apart: %j',
    (request) => {
      for (const norm of ['layer', 'rms', 'batch']) {
        if (norm === 'rms' && request.detach === 'both') continue;
        const { nodes } = tapeOf(findNorm(norm), request);
        const { places, width, height, edges } = layoutOf(nodes);
        places.forEach((a, i) => {
          expect(a.x).toBeGreaterThanOrEqual(0);
          expect(a.x + box.width).toBeLessThanOrEqual(width);
          expect(a.y + box.height).toBeLessThanOrEqual(height);
          for (const b of places.slice(i + 1)) {
            expect(a.y !== b.y || Math.abs(a.x - b.x) >= box.width).toBe(true);
          }
        });
        // An operation stands below what it is computed from.
        for (const { from, to } of edges) expect(places[from].y).toBeLessThan(places[to].y);
        expect(width).toBeLessThan(700);
      }
    },
  );
});
