import { describe, expect, it } from 'vitest';
import { registry } from '../../src/nn/norm/registry.ts';
import { evaluationAnswer } from '../../src/page/panels/evaluation/answer.ts';
import type { EvaluationState } from '../../src/page/panels/evaluation/state.ts';
import { batches, createStream } from '../../src/page/panels/evaluation/stream.ts';
import { inProcess } from '../cli/inProcess.ts';
import { executablePath, open } from './open.ts';

const state: EvaluationState = {
  ...{ norm: 'batch', batch: 2, momentum: 0.1, variance: 'unbiased', layer: 'training', seen: 5, seed: 1 },
};

async function first(more: Partial<EvaluationState>) {
  const { value } = await evaluationAnswer({ ...state, ...more }).next();
  return value!;
}

/** Those that keep running statistics by themselves. */
const running = registry.filter((entry) => {
  if (entry.kind === 'weight') return false;
  return [...entry.build(4, {}).namedBuffers().keys()].some((name) => /(^|\.)running/.test(name));
});

describe('running statistics on the page', () => {
  it.each(running.map(({ name }) => name))(
    'of %s follow the formula, and evaluation takes them',
    async (norm) => {
      const { courses, x, evaluation } = await first({ norm, momentum: 0.25, batch: 4 });
      expect(courses.length).toBeGreaterThan(0);
      for (const { offBy, running, batch } of courses) {
        expect(offBy).toBeLessThan(1e-12);
        expect(running).toHaveLength(5);
        expect(new Set(batch).size).toBe(5);
      }
      // The same layer, without the panel
      const entry = registry.find(({ name }) => name === norm)!;
      const source = batches(1, 4);
      const all = Array.from({ length: 5 }, () => source.next().value);
      const stream = createStream(entry, all[0], { momentum: 0.25 });
      for (const each of all) stream.train(each);
      expect(x).toEqual(all[4]);
      const [, y] = stream.compare(x);
      for (const [i, value] of evaluation.entries()) expect(value).toBeCloseTo(y[i], 5);
    },
  );

  it('says by hand what one batch 1, 2, 4, 7 leaves in PyTorch and in Keras', async () => {
    const { example } = await first({});
    const [pytorch, keras] = example!;
    expect(pytorch.runningMean).toBeCloseTo(0.35, 12);
    expect(pytorch.runningVar).toBeCloseTo(1.6, 12);
    expect(keras.runningMean).toBeCloseTo(0.035, 12);
    expect(keras.runningVar).toBeCloseTo(1.0425, 12);
  });

  it('move though gamma and beta have no gradient, and stand still when frozen', async () => {
    const moving = await first({ layer: 'weights' });
    expect(moving.courses).toEqual((await first({})).courses);
    const frozen = await first({ layer: 'frozen' });
    expect(frozen.courses.map(({ running }) => running)).toEqual([
      [0, 0, 0, 0, 0],
      [1, 1, 1, 1, 1],
    ]);
    expect(frozen.gap).toBe(0);
  });

  it('make evaluation the more wrong, the smaller the batch', async () => {
    let last: Awaited<ReturnType<typeof first>> | undefined;
    for await (last of evaluationAnswer({ ...state, seen: 30 }));
    const gaps = last!.gaps.map(({ gap }) => gap!);
    expect(gaps[0]).toBeGreaterThan(1);
    expect(gaps[5]).toBeLessThan(0.2);
  });
});

describe.skipIf(executablePath === undefined)('the panel of training and evaluation', () => {
  it('shows the digits that its command prints, and moves by keys', async () => {
    const { page, settled, complaints } = await open('#/evaluation?batch=4');
    await page.getByLabel('Batches so far').focus();
    await page.keyboard.press('ArrowRight');
    await settled();
    await expect.poll(() => page.url()).toContain('seen=31');
    await settled();
    const command = (await page.locator('.foot code').first().textContent())!;
    const digits = await page.locator('.digits').allTextContents();
    expect(digits).toHaveLength(8);
    const { stdout } = await inProcess(command.split(' ').slice(1));
    for (const each of digits) expect(stdout).toContain(each);
    await page.getByLabel('is frozen').check();
    await settled();
    expect(await page.locator('.checks').first().textContent()).toContain('runningMean stays at 0.0000');
    expect(await page.locator('.checks .fails').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
