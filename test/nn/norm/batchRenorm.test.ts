import { expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { Tensor } from '../../../src/autograd/index.ts';
import { BatchNorm } from '../../../src/nn/norm/batch/batchNorm.ts';
import { BatchRenorm, renormLimits } from '../../../src/nn/norm/batch/batchRenorm.ts';
import { normal, pass } from './layers.ts';

const shape = [4, 2, 3, 3];

test('the limits follow the paper: BatchNorm for 5,000 steps, d open by 25,000, r by 40,000', () => {
  const at = (step: number) =>
    renormLimits(step, { rMax: 3, dMax: 5 }, { start: 5000, rEnd: 40_000, dEnd: 25_000 });
  expect(at(0)).toEqual({ rMax: 1, dMax: 0 });
  expect(at(5000)).toEqual({ rMax: 1, dMax: 0 });
  expect(at(15_000)).toEqual({ rMax: 1 + 2 * (10 / 35), dMax: 2.5 });
  expect(at(25_000).dMax).toBe(5);
  expect(at(1e6)).toEqual({ rMax: 3, dMax: 5 });
});

test('the schedule advances with every training step (keras-contrib #127: frozen when the layer was built)', () => {
  const layer = new BatchRenorm(3, { schedule: { start: 2, rEnd: 4, dEnd: 4 } });
  const rMax = Array.from({ length: 6 }, () => {
    const limits = layer.limits();
    layer.forward(new Tensor(Float32Array.from(normal(shape, 1)), shape));
    return limits.rMax;
  });
  expect(rMax).toEqual([1, 1, 1, 2, 3, 3]);
  layer.eval().forward(new Tensor(new Float32Array(72), shape));
  expect(layer.steps.data[0]).toBe(6);
});

test('the step is part of the state: a resumed run goes on where it was', () => {
  const [first, second] = [new BatchRenorm(3), new BatchRenorm(3)];
  first.steps.data[0] = 30_000;
  second.loadState(first.state());
  expect(second.limits()).toEqual(first.limits());
});

/** Running statistics so far from the batch's that r and d are clipped, and stay clipped when x moves a little. */
function clipped(): BatchRenorm {
  const layer = new BatchRenorm(3, { rMax: 1.5, dMax: 0.5, schedule: null, momentum: 0 }).to('float64');
  layer.runningMean.data.set([3, -4, 5]);
  layer.runningStd.data.set([0.2, 5, 0.3]);
  layer.gamma?.data.set([1.3, -0.7, 0.4]);
  layer.beta?.data.set([0.2, 0.1, -0.5]);
  return layer;
}

test('gradient check with r and d at their limits', () => {
  const layer = clipped();
  const x = new Tensor(normal(shape, 'x'), shape, { requiresGrad: true });
  const inputs = { x, ...Object.fromEntries(layer.namedParameters()) };
  for (const result of gradcheck(() => layer.forward(x), inputs)) {
    expect(result.passed, JSON.stringify(result)).toBe(true);
  }
});

test('r and d get no gradient: dx is that of BatchNorm times r, whatever they are (not that of evaluation)', () => {
  const open = new BatchRenorm(3, { rMax: 1e9, dMax: 1e9, schedule: null, affine: false }).to('float64');
  open.runningStd.data.set([0.5, 2, 1.5]);
  const [x, dy] = [normal(shape, 'x'), normal(shape, 'dy')];
  const batch = pass(new BatchNorm(3, { affine: false }).to('float64'), shape, x, dy);
  const renorm = pass(open, shape, x, dy);
  const running = [0.5, 2, 1.5];
  for (let c = 0; c < 3; c++) {
    const values = x.filter((_, i) => i % 3 === c);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const sigma = Math.sqrt(
      values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length + 1e-5,
    );
    const r = sigma / running[c];
    for (let i = c; i < x.length; i += 3) expect(renorm.dx[i]).toBeCloseTo(r * batch.dx[i], 12);
  }
});

test('gamma and beta come after r and d (tensorpack #360)', () => {
  const layer = clipped();
  const plain = clipped();
  plain.gamma?.data.fill(1);
  plain.beta?.data.fill(0);
  const x = new Tensor(normal(shape, 'x'), shape);
  const [y, inner] = [layer.forward(x).data, plain.forward(x).data];
  const [gamma, beta] = [layer.gamma!.data, layer.beta!.data];
  for (let i = 0; i < y.length; i++) expect(y[i]).toBeCloseTo(gamma[i % 3] * inner[i] + beta[i % 3], 12);
});

test('the running scale is a deviation that starts at 1, and is used before this batch moves it', () => {
  const layer = new BatchRenorm(1, { momentum: 0.1, schedule: null, eps: 0, affine: false }).to('float64');
  expect(layer.runningStd.toArray()).toEqual([1]);
  const x = new Tensor(Float64Array.of(1, 2, 4, 7), [4, 1]);
  const y = layer.forward(x).toArray();
  // sigma = sqrt(5.25) = 2.29 and mu = 3.5 are within the limits of 3 and 5, so y = (x - 0) / 1
  expect(y).toEqual([1, 2, 4, 7].map((value) => expect.closeTo(value, 12)));
  expect(layer.runningStd.data[0]).toBeCloseTo(0.9 + 0.1 * Math.sqrt(5.25), 12);
});
