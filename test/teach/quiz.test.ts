import { describe, expect, it } from 'vitest';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import { registry } from '../../src/nn/norm/registry.ts';
import { hasQuiz, judge, questionFor } from '../../src/teach/quiz.ts';

const askable = registry.filter(hasQuiz);

describe.each(askable.map((entry) => [entry.name, entry] as const))('the question of %s', (_, entry) => {
  it('is answered by its solution', () => {
    expect(judge(entry, questionFor(entry).solution)).toMatchObject({ right: true, looksLike: null });
  });

  it('does not contain its solution', () => {
    const { forward, backward, hints, solution } = questionFor(entry);
    expect([...forward, ...backward, ...hints].join('\n')).not.toContain(solution);
  });
});

describe('judge', () => {
  const layer = findNorm('layer');

  it('has questions for all plain standardizations, and none for others', () => {
    expect(askable.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['batch', 'layer', 'instance', 'group', 'rms', 'weight-standardization']),
    );
    expect(hasQuiz(findNorm('dyt'))).toBe(false);
  });

  it('takes the answer as an assignment, and in the letters of the explanation', () => {
    expect(judge(layer, 'const dx = (g - mean(g) - xHat * mean(g * xHat)) / sigma;').right).toBe(true);
    expect(judge(layer, 'dx = (ĝ − mean(ĝ) − x̂·mean(ĝ·x̂))/σ').right).toBe(true);
    expect(judge(layer, '(m * g - sum(g) - xHat * sum(g * xHat)) / (m * sigma)').right).toBe(true);
  });

  it.each([
    ['(g - xHat * mean(g * xHat)) / sigma', 'the mean path is missing'],
    ['(g - mean(g)) / sigma', 'the variance path is missing'],
    ['gamma * dy / sigma', 'both statistics'],
    ['gamma / sigma * (dy - mean(dy) - xHat * mean(dy * xHat))', 'gamma was pulled out'],
    ['(dy - mean(dy) - xHat * mean(dy * xHat)) / sigma', 'gamma is missing'],
    ['(g - mean(g) + xHat * mean(g * xHat)) / sigma', 'wrong sign'],
    ['(g - sum(g) - xHat * sum(g * xHat)) / sigma', 'sums instead of means'],
  ])('knows the mistake in %s', (answer, says) => {
    const verdict = judge(layer, answer);
    expect(verdict.right).toBe(false);
    expect(verdict.looksLike).toContain(says);
    expect(verdict.maxDiff).toBeGreaterThan(0.01);
  });

  it('does not call gamma in front a mistake where it is one number per set', () => {
    expect(judge(findNorm('batch'), 'gamma * (dy - mean(dy) - xHat * mean(dy * xHat)) / sigma').right).toBe(
      true,
    );
  });

  it('is not fooled by the numbers that are shown', () => {
    const { numeric } = judge(layer, 'dy');
    const guess = numeric.map((value, i) => `(${value}) * (x - ${[1, 2, 3, 6][i]} == 0)`).join(' + ');
    expect(() => judge(layer, guess)).toThrow();
    expect(judge(layer, '0.396 * dy / dy')).toMatchObject({ right: false, looksLike: null });
  });

  it('judges what is not a number as wrong', () => {
    expect(judge(layer, '1 / (m - m)')).toMatchObject({ right: false });
    expect(judge(layer, '(m - m) / (m - m)')).toMatchObject({ right: false });
  });
});
