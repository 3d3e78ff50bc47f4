import { describe, expect, it } from 'vitest';
import { expand, gridVariants, plannedRuns } from '../../../src/runs/sweep/grid.ts';

describe('a grid', () => {
  it('is every combination, labelled by what differs', () => {
    const variants = gridVariants(
      { dataset: 'synthetic' },
      { norm: ['none', 'batch'], hidden: [[8, 8]], seed: [1, 2] },
    );
    expect(variants.map(({ labels }) => labels)).toEqual([
      { norm: 'none', seed: 1 },
      { norm: 'none', seed: 2 },
      { norm: 'batch', seed: 1 },
      { norm: 'batch', seed: 2 },
    ]);
    const runs = plannedRuns(variants);
    expect(runs[3].config).toMatchObject({
      dataset: 'synthetic',
      norm: 'batch',
      hidden: [8, 8],
      seed: 2,
      lr: 1e-3,
    });
    expect(new Set(runs.map(({ id }) => id)).size).toBe(4);
  });

  it('can be changed by axes of its own, and has no run twice', () => {
    const grid = gridVariants({}, { norm: ['none', 'batch'], seed: [1, 2] });
    const runs = plannedRuns(expand(grid, { seed: [7], lr: [0.1, 0.2] }));
    expect(runs.map(({ labels }) => labels)).toEqual([
      { norm: 'none', seed: 7, lr: 0.1 },
      { norm: 'none', seed: 7, lr: 0.2 },
      { norm: 'batch', seed: 7, lr: 0.1 },
      { norm: 'batch', seed: 7, lr: 0.2 },
    ]);
  });

  it('says which setting is wrong', () => {
    expect(() => gridVariants({}, { norms: ['none'] })).toThrow(
      'unknown setting "norms" (did you mean "norm"?)',
    );
    expect(() => gridVariants({}, { norm: [] })).toThrow('norm: needs a list of values, got []');
    expect(() => plannedRuns(gridVariants({}, { norm: ['bach'] }))).toThrow('did you mean "batch"?');
  });
});
