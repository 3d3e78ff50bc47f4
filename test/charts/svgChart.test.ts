import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderSvgChart } from '../../src/charts/svgChart.ts';
import { escapeXml } from '../../src/charts/svgElement.ts';
import { anyChart } from './anyChart.ts';
import { batchSizeChart, learningRateChart } from './exampleCharts.ts';

describe('renderSvgChart', () => {
  // After a change of the drawing: vitest run test/report -u, then look at the pictures.
  it('draws the golden pictures', async () => {
    await expect(renderSvgChart(batchSizeChart)).toMatchFileSnapshot('golden/batchSize.svg');
    await expect(renderSvgChart(learningRateChart)).toMatchFileSnapshot('golden/learningRate.svg');
  });

  it('states n, the units and what the band is', () => {
    const svg = renderSvgChart(batchSizeChart);
    expect(svg).toContain('Mean of n = 3 seeds, band ± 1 sample standard deviation; dots: single seeds.');
    expect(svg).toContain('batch size (examples)');
    expect(svg).toContain('test accuracy (%)');
  });

  it('shows every seed as a dot', () => {
    const dots = renderSvgChart(batchSizeChart).match(/r="1.6"/g);
    expect(dots).toHaveLength(3 * 3 * 5);
  });

  it('shows no spread for one seed', () => {
    const svg = renderSvgChart(learningRateChart);
    expect(svg).toContain('One seed (n = 1), so no spread is shown.');
    expect(svg).not.toContain('fill-opacity');
  });

  it('keeps a hostile name text', () => {
    const name = '<script>alert("1")</script>';
    const svg = renderSvgChart({ ...learningRateChart, title: name, series: [{ name, points: [] }] });
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
  });

  it('never throws, is well formed, and has no coordinate that is not a number', () => {
    fc.assert(
      fc.property(anyChart, (chart) => {
        const svg = renderSvgChart(chart);
        expectWellFormed(svg);
        const attributes = [...svg.matchAll(/ (?:x|y|cx|cy|x1|x2|y1|y2|d|width|height|viewBox)="([^"]*)"/g)];
        for (const [, value] of attributes) expect(value).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 200 },
    );
  });
});

describe('escapeXml', () => {
  it('replaces what XML forbids even when escaped', () => {
    expect(escapeXml('a\u0000b\u001bc\ud800d')).toBe('a\ufffdb\ufffdc\ufffdd');
    expect(escapeXml('µ ± σ, 漢字, 😀')).toBe('µ ± σ, 漢字, 😀');
  });
});

/** Tags nest and close, and between them stands no bare < or &. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)(\w+)((?: [\w:-]+="[^"<&]*(?:&[#\w]+;[^"<&]*)*")*)(\/?)>/g,
    (_, close, name, _a, self) => {
      if (close) expect(open.pop()).toBe(name);
      else if (!self) open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest.replace(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[<>&]/);
}
