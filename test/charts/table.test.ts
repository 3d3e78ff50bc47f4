import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { summarize } from '../../src/charts/statistics.ts';
import { renderSummaryTable, renderTable } from '../../src/charts/table.ts';
import { displayWidth } from '../../src/charts/text.ts';

const colors = pc.createColors(false);
const seeds: Record<string, Record<string, number[]>> = {
  none: { 'bs=2': [91, 91.5, 92], 'bs=64': [95.5, 95.7, 95.6] },
  batch: { 'bs=2': [61.4, 75, Number.NaN], 'bs=64': [97.1, 97, 97.2] },
};

describe('renderSummaryTable', () => {
  it('aligns mean ± std, and states n where it differs', () => {
    const table = renderSummaryTable(
      'norm',
      ['none', 'batch'],
      ['bs=2', 'bs=64'],
      (r, c) => summarize(seeds[r][c]),
      {
        colors,
      },
    );
    expect(table).toBe(
      [
        '┌───────┬──────────────────────────────┬────────────────────┐',
        '│ norm  │                         bs=2 │              bs=64 │',
        '├───────┼──────────────────────────────┼────────────────────┤',
        '│ none  │             91.5 ± 0.5 (n=3) │ 95.60 ± 0.10 (n=3) │',
        '│ batch │ 68.2 ± 9.6 (n=2, 1 diverged) │ 97.10 ± 0.10 (n=3) │',
        '└───────┴──────────────────────────────┴────────────────────┘',
      ].join('\n'),
    );
  });

  it('leaves n to the title where it is the same everywhere', () => {
    const table = renderSummaryTable('norm', ['none'], ['bs=2', 'bs=64'], (r, c) => summarize(seeds[r][c]), {
      colors,
    });
    expect(table).toContain('91.5 ± 0.5 │');
  });
});

describe('renderTable', () => {
  it('draws borders in ASCII if asked', () => {
    const table = renderTable([{ head: 'a' }, { head: 'b', align: 'right' }], [['x', '10'], ['y']], {
      colors,
      ascii: true,
    });
    expect(table).toBe(
      ['+---+----+', '| a |  b |', '+---+----+', '| x | 10 |', '| y |    |', '+---+----+'].join('\n'),
    );
  });

  it('colours only if it may', () => {
    expect(renderTable([{ head: 'a' }], [['x']], { colors })).not.toContain('\u001b');
    const colored = renderTable([{ head: 'a' }], [['x']], { colors: pc.createColors(true) });
    expect(colored).toContain('\u001b[1ma\u001b[22m');
  });

  it('paints a cell, whose text it leaves as it is', () => {
    const green = pc.createColors(true).green;
    const table = renderTable([{ head: 'a' }, { head: '', paint: green }], [['x', '✓']], { colors });
    expect(table).toContain(`│ x │ ${green('✓')} │`);
  });

  it('breaks no word: where columns are too many, rows stand one below the other', () => {
    const heads = ['experiment', 'measure', 'difference'].map((head) => ({ head }));
    const rows = [
      ['evaluation-statistics', '46.6 ± 21.9', 'not the same'],
      ['tutorial', '', '1.23456e-10'],
    ];
    expect(renderTable(heads, rows, { colors, width: 40 })).toBe(
      [
        '────────────────────────────────────────',
        'experiment  evaluation-statistics',
        'measure     46.6 ± 21.9',
        'difference  not the same',
        '────────────────────────────────────────',
        'experiment  tutorial',
        'difference  1.23456e-10',
        '────────────────────────────────────────',
      ].join('\n'),
    );
    const table = renderTable(heads, rows, { colors, width: 48 });
    expect(table).toContain('│ evaluation- ');
    expect(table).toContain('│ 1.23456e-10 ');
  });

  it('stays within the width and loses no character', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '±', '漢', '├'), maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
        fc.integer({ min: 40, max: 100 }),
        (rows, width) => {
          const heads = ['norm', 'mean', 'note'].map((head) => ({ head }));
          const table = renderTable(heads, rows, { colors, width });
          for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          const count = (text: string, character: string) => text.split(character).length;
          for (const character of ['±', '漢'])
            expect(count(table, character)).toBe(count(rows.flat().join(''), character));
        },
      ),
    );
  });
});
