import { expect, it, vi } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { createRunsProgress } from '../../src/cli/sweep/progress.ts';
import type { TrainResult } from '../../src/train/result.ts';

it('counts as finished before what was reused, and not what a queue has done before its beginning was heard of', () => {
  const notes: string[] = [];
  const output = { ...createOutput({ color: false }), note: (text: string) => notes.push(text) };
  const runs = ['a', 'b', 'c'].map((id) => ({ id, labels: { norm: id }, config: {} }));
  const result = { train: { loss: 1 }, test: { accuracy: 1 }, seconds: 1 } as TrainResult;
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { hooks, release } = createRunsProgress(runs, ({ norm }) => String(norm), '', output);
  try {
    hooks.onEvent!({ type: 'reused', id: 'a', result });
    hooks.onEvent!({ type: 'end', id: 'b', result });
    hooks.onEvent!({ type: 'start', id: 'c', steps: 0 });
  } finally {
    release();
    write.mockRestore();
  }
  expect(notes).toEqual([expect.stringMatching(/^2\/3 {2}b {2}loss 1/), '1 of 3 were finished before']);
});
