import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/charts/text.ts';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import { registry } from '../../src/nn/norm/registry.ts';
import { explainNorm } from '../../src/teach/explain.ts';
import { renderMarkdown } from '../../src/teach/markdown.ts';
import type { Request } from '../../src/teach/request.ts';
import { renderText } from '../../src/teach/text.ts';

const explain = (name: string, request: Request = {}) => explainNorm(findNorm(name), request);
const widest = (text: string) => Math.max(...text.split('\n').map(displayWidth));

describe.each(registry.map(({ name }) => name))('%s', (name) => {
  const e = explain(name);

  it('fits 100 columns and 45 lines, and 80 columns', () => {
    const text = renderText(e, { width: 100 });
    expect(widest(text)).toBeLessThanOrEqual(100);
    expect(text.split('\n').length).toBeLessThanOrEqual(45);
    expect(widest(renderText(e, { width: 80 }))).toBeLessThanOrEqual(80);
  });

  it('has six sections, as text and as Markdown', () => {
    const sections = (text: string, mark: RegExp) =>
      text.split('\n').flatMap((line) => line.match(mark)?.[1] ?? []);
    expect(sections(renderText(e), /^([1-6]) [A-Z]/)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(sections(renderMarkdown(e), /^## ([1-6]) /)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('fits 100 columns with its sets and Jacobian drawn', () => {
    expect(widest(renderText(explain(name, { shape: [2, 2, 2, 2] })))).toBeLessThanOrEqual(100);
  });
});

it('prints the paths under each other, with their energies', () => {
  expect(renderText(explain('layer'), { step: 3 })).toBe(
    [
      '3 THREE PATHS  x moves y directly, through μ and through v         energy',
      '   direct     dy/σ              0.2673  -0.5345   0.1336   0.5345          100.0 %',
      '   dL/dμ = −Σdy/σ = -0.4009, times dμ/dx = 1/m:',
      '   via μ     −mean(dy)/σ       -0.1002  -0.1002  -0.1002  -0.1002  removes   6.1 %',
      '   dL/dv = −Σdy·(x−μ)/(2σ³) = -0.2291, times dv/dx = 2(x−μ)/m:',
      '   via v     −x̂·mean(dy·x̂)/σ    0.2291   0.1145   0.0000  -0.3436  removes  27.8 %',
      '                              ───────────────────────────────────',
      '   dx                           0.3961  -0.5202   0.0334   0.0907  keeps    66.1 %',
      '   energy of a vector = the sum of its squares; the direct path has 100 %',
      '   of 4 directions in a set, 1 and x̂ are gone: a random g keeps (m−2)/m = 50.0 %',
    ].join('\n'),
  );
});

it('marks a failed check', () => {
  const text = renderText(explain('layer', { detach: 'mean' }), { step: 4 });
  expect(text).toContain('✗ without that path the backward pass is off by up to 0.1');
  expect(text).toContain('✗, must be 0');
});

it('draws the set of the first element', () => {
  expect(renderText(explain('batch', { shape: [2, 2, 2, 2] }), { step: 1 })).toContain('n0   ◉ ●  · ·');
});

describe('of one element, with --at', () => {
  it('draws its set and its row of the Jacobian, which is dx where dy is 1 there alone', () => {
    const e = explain('batch', { shape: [2, 1, 2, 2], at: [1, 0, 0, 1] });
    const { row, members, element } = e.picture!;
    expect(element).toBe(5);
    expect(members.map(Number)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
    expect(row).toEqual(e.dx);
    const text = renderText(e);
    expect(text).toContain('   n1   · ·  ◉ ●');
    expect(text).toContain(`   n1 h0 w0    0.0000${row![5].toFixed(4).padStart(10)}`);
    expect(text.match(/█.*│ ◉/)).not.toBeNull();
    // The set that was asked about is the first one that is explained
    expect(e.standardization!.sets[0].members).toEqual([1, 3, 5, 7]);
  });

  it.each(registry.map(({ name, kind }) => [name, kind] as const))(
    '%s fits 100 and 60 columns',
    (name, kind) => {
      const [shape, at] =
        kind === 'weight'
          ? [
              [8, 4],
              [7, 3],
            ]
          : [
              [4, 2, 2, 4],
              [3, 1, 1, 3],
            ];
      const e = explain(name, { shape, at, virtualBatch: 2 });
      for (const width of [100, 60]) expect(widest(renderText(e, { width }))).toBeLessThanOrEqual(width);
      expect(renderText(e)).toContain(`rank ${e.picture!.rank} of ${e.x.length}`);
    },
  );

  it('says what is no element, and that there is one gradient only', () => {
    expect(() => explain('batch', { shape: [2, 1, 2, 2], at: [2, 0, 0, 0] })).toThrow(
      /--at 2,0,0,0 is no element of y \[2, 1, 2, 2\].*up to 1,0,1,1/,
    );
    expect(() => explain('layer', { x: [[1, 2]], g: [[1, 0]], at: [0, 0] })).toThrow(/leave out --g/);
  });

  it('knows that sets of two values let nothing through, whatever ε leaves', () => {
    expect(explain('batch', { shape: [2, 1, 1, 4] }).picture!.rank).toBe(0);
  });
});
