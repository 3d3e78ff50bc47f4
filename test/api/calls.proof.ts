import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canaries, checkCall, pooledBytes } from './check.ts';
import { call, recipeNames } from './fuzz.ts';

const outcomes = new Map(recipeNames.map((name) => [name, { result: 0, error: 0 }]));

/** 12,000 random calls of the API, each on both sets of kernels: what is found is shrunk and printed. */
test.each([1, 2, 3, 4, 5, 6])(
  '2,000 random calls, seed %i',
  (seed) => {
    const others = canaries();
    fc.assert(
      fc.property(call, (each) => {
        outcomes.get(each.name)![checkCall(each)]++;
        others.check();
      }),
      { seed, numRuns: 2000 },
    );
    others.release();
  },
  600_000,
);

test('every call has given a result, and errors', () => {
  const counts = [...outcomes.values()];
  const sum = (of: 'result' | 'error') => counts.reduce((total, each) => total + each[of], 0);
  console.log(`${sum('result')} results, ${sum('error')} errors`);
  const never = [...outcomes].filter(([, { result }]) => result === 0).map(([name]) => name);
  expect(never, 'calls that never gave a result').toEqual([]);
});

test('the pool ends where it began', () => {
  const calls = fc.sample(call, { numRuns: 1500, seed: 7 });
  const round = () => {
    for (const each of calls) checkCall(each);
    return pooledBytes();
  };
  const first = round();
  expect(round()).toBe(first);
}, 600_000);
