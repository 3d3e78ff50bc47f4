import fc from 'fast-check';
import { expect, test } from 'vitest';
import { constant, cosine, linear, scaledLr, stepDecay, withWarmup } from '../../src/optim/index.ts';

test('stepDecay multiplies by gamma at each milestone', () => {
  const schedule = stepDecay({ milestones: [10, 20] });
  expect([0, 9, 10, 19, 20, 100].map(schedule)).toEqual([1, 1, 0.1, 0.1, 0.1 ** 2, 0.1 ** 2]);
});

test('cosine and linear go from 1 to the end and stay there', () => {
  for (const make of [cosine, linear]) {
    const schedule = make({ steps: 8, end: 0.2 });
    expect(schedule(0)).toBe(1);
    expect(schedule(4)).toBeCloseTo(0.6, 12);
    expect(schedule(8)).toBeCloseTo(0.2, 12);
    expect(schedule(80)).toBeCloseTo(0.2, 12);
  }
  // torch.optim.lr_scheduler.CosineAnnealingLR(T_max=4) with lr 1 gives 1, 0.853553, 0.5, 0.146447, 0.
  expect(cosine({ steps: 4 })(1)).toBeCloseTo(0.853553, 6);
});

test('warm-up rises in a straight line into any schedule', () => {
  expect([0, 1, 2, 3, 4, 5].map(withWarmup({ steps: 4 }, constant()))).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  const schedule = withWarmup({ steps: 2 }, stepDecay({ milestones: [5], gamma: 0.5 }));
  expect([0, 1, 4, 5].map(schedule)).toEqual([0.5, 1, 1, 0.5]);
});

test('every schedule stays between 0 and 1', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(1000), fc.nat(100), (steps, step, warmup) => {
      const all = [constant(), cosine({ steps }), linear({ steps }), stepDecay({ milestones: [steps] })];
      for (const schedule of [...all, ...all.map((each) => withWarmup({ steps: warmup }, each))]) {
        const factor = schedule(step);
        expect(factor).toBeGreaterThanOrEqual(0);
        expect(factor).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('the lr grows in proportion to the batch', () => {
  expect(scaledLr(0.1, 8, 32)).toBeCloseTo(0.025, 12);
});

test('a length of zero is an error', () => {
  expect(() => cosine({ steps: 0 })).toThrow('cosine: steps must be at least 1');
});
