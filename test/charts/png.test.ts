import { describe, expect, it } from 'vitest';
import { renderPng } from '../../src/charts/png.ts';
import { renderSvgChart } from '../../src/charts/svgChart.ts';
import { batchSizeChart } from './exampleCharts.ts';

const svg = renderSvgChart(batchSizeChart, { width: 400, plotHeight: 120 });

describe('renderPng', () => {
  it('says what to do where there is no font, instead of leaving out the text', async () => {
    const failure = renderPng(svg, { systemFonts: false });
    await expect(failure).rejects.toThrow('no font was found, so that the picture would have no text');
    await expect(failure).rejects.toMatchObject({
      hint: [expect.stringContaining('NORMGRAD_FONT='), expect.anything()],
    });
  });

  it('refuses a font file that is not there', async () => {
    const failure = renderPng(svg, { font: '/no/such/font.ttf' });
    await expect(failure).rejects.toThrow('there is no font file /no/such/font.ttf');
  });

  // A machine without any font is told so by the test above.
  it('draws the chart at twice its size', async ({ skip }) => {
    const png = await renderPng(svg).catch((error: Error) => skip(error.message));
    const bytes = Buffer.from(png);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    // The first chunk, IHDR: width and height from byte 16 on.
    expect(bytes.readUInt32BE(16)).toBe(800);
    expect(bytes.readUInt32BE(20)).toBeGreaterThan(400);
  });
});
