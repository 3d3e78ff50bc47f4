import { describe, expect, it } from 'vitest';
import { terminalColors } from '../../src/charts/terminalColors.ts';
import { displayWidth } from '../../src/charts/text.ts';
import { registry } from '../../src/nn/norm/registry.ts';
import { compareNorms } from '../../src/teach/comparison.ts';
import { renderComparison, renderComparisonMarkdown } from '../../src/teach/comparisonTable.ts';

const rows = compareNorms(registry);
const row = (name: string) => rows.find((each) => each.name === name)!;
const noColors = terminalColors({ stream: {}, flag: false });

describe('the table of all norms', () => {
  it('has every norm once', () => {
    expect(rows.map(({ name }) => name)).toEqual(registry.map(({ name }) => name));
  });

  it('reads m from the views', () => {
    expect(['batch', 'layer', 'instance', 'group', 'rms', 'dyt'].map((name) => row(name).m)).toEqual([
      'N·H·W',
      'H·W·C',
      'H·W',
      'H·W·C/G',
      'C',
      null,
    ]);
  });

  it('finds in the Jacobian what never reaches x', () => {
    expect(row('batch').removes).toBe('1, x̂ per channel');
    expect(row('group').removes).toBe('1, x̂ per group of a sample');
    expect(row('rms').removes).toBe('x per position');
    expect(row('mean-only').removes).toBe('1 per channel');
    expect(row('weight-norm').removes).toBe('w per filter');
    expect(row('dyt').removes).toBe('nothing');
  });

  it.each([80, 100])('fits %i columns', (width) => {
    const lines = renderComparison(rows, width, noColors).split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
  });

  it('is a Markdown table with a link per norm', () => {
    const table = renderComparisonMarkdown(rows, ({ name }) => `[${name}](${name}.md)`);
    expect(table.match(/^\| \[/gm)).toHaveLength(registry.length);
  });
});
