import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { renderTerminalChart } from '../../src/charts/terminalChart.ts';
import { displayWidth } from '../../src/charts/text.ts';
import { anyChart } from './anyChart.ts';
import { batchSizeChart, learningRateChart } from './exampleCharts.ts';

const plain = pc.createColors(false);
const colored = pc.createColors(true);

/** What is left when the colour codes are taken out. */
function strip(text: string): string {
  return text.replace(/\u001b\[\d+m/g, '');
}

describe('renderTerminalChart', () => {
  it('draws the golden picture', async () => {
    const picture = renderTerminalChart(batchSizeChart, { width: 60, height: 10, colors: plain });
    await expect(`${picture}\n`).toMatchFileSnapshot('golden/batchSize.txt');
  });

  it('draws the same picture with and without colour', () => {
    for (const ascii of [false, true]) {
      const picture = renderTerminalChart(batchSizeChart, { colors: plain, ascii });
      expect(picture).not.toContain('\u001b');
      expect(strip(renderTerminalChart(batchSizeChart, { colors: colored, ascii }))).toBe(picture);
    }
  });

  it('uses ASCII only if asked', () => {
    const chart = { ...batchSizeChart, caption: '' };
    const picture = renderTerminalChart(chart, { colors: plain, ascii: true });
    // The sentence on the seeds has the ± sign.
    expect(picture.replace('±', '')).toMatch(/^[\x20-\x7e\n]*$/);
    expect(picture).toContain('o batch');
  });

  it('gives every series its own marker, however many there are', () => {
    const series = Array.from({ length: 12 }, (_, i) => ({ name: `model ${i}`, points: [{ x: i, y: i }] }));
    const picture = renderTerminalChart({ ...learningRateChart, series }, { colors: plain });
    const glyphs = [...picture.matchAll(/(\S) model \d+/g)].map(([, glyph]) => glyph);
    expect(glyphs).toHaveLength(12);
    expect(new Set(glyphs).size).toBe(12);
  });

  it('ends the line of a run that diverged, and says when nothing is left', () => {
    const [, none] = learningRateChart.series;
    const only = { ...learningRateChart, series: [{ ...none, points: none.points.slice(3) }] };
    const picture = renderTerminalChart(only, { colors: plain });
    expect(picture).toContain('no finite values');
  });

  it('never throws, never exceeds the width, and keeps control characters out', () => {
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 130 }),
      height: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(anyChart, sizes, fc.boolean(), (chart, size, ascii) => {
        const picture = renderTerminalChart(chart, { ...size, ascii, colors: plain });
        for (const line of picture.split('\n')) {
          expect(line).not.toMatch(/\p{Cc}/u);
          // A character of several columns does not fit into fewer.
          expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(4, size.width));
        }
      }),
      { numRuns: 200 },
    );
  });
});
