import { chartStyles, type SeriesStyle } from './colors.ts';
import { axisTitle, describeSeeds, type LineChart, xValues, yValues } from './lineChart.ts';
import { createScale } from './scale.ts';
import { coordinate, element, escapeXml } from './svgElement.ts';
import { legendColumn, legendRows } from './svgLegend.ts';
import { band, type Frame, markers, meanLine, seedDots, showsSeeds } from './svgMarks.ts';
import { FONT_SIZE, GREY, INK, LINE_HEIGHT, svgDocument, text, textWidth, wrap } from './svgText.ts';

export interface SvgChartOptions {
  /** Pixels. Default 720; at least 360. */
  width?: number;
  /** Height of the plot itself, in pixels. Title, axes and caption come on top of it. Default 320; at least 120. */
  plotHeight?: number;
  /** Default beside the plot; below it, a narrow chart keeps its width for the curves. */
  legend?: 'beside' | 'below';
  /** Without title and caption, for a page that has them in its text. */
  bare?: boolean;
}

const TITLE_SIZE = 15;
const MARGIN = 14;
const TICK = 5;
const GRID = '#e4e4e4';

/**
 * A line chart as a complete SVG document (also fit to stand in HTML): the mean of every series with its band, a dot
 * per seed, labelled axes, a legend, and a caption that states n.
 */
export function renderSvgChart(chart: LineChart, options: SvgChartOptions = {}): string {
  const { bare = false } = options;
  const width = Math.max(360, options.width ?? 720);
  const inner = width - 2 * MARGIN;
  const below = options.legend === 'below' ? legendRows(chart, inner) : undefined;
  const beside = below ? undefined : legendColumn(chart);
  const plotHeight = Math.max(120, options.plotHeight ?? 320, beside?.height ?? 0);
  const y = createScale(chart.y, yValues(chart), { tickCount: plotHeight / 70, nice: true });

  const yLabelWidth = Math.max(0, ...y.ticks.map(({ label }) => textWidth(label)));
  const titleLines = bare ? [] : wrap(chart.title, inner, TITLE_SIZE);
  const captionLines = bare ? [] : wrap(chartCaption(chart), inner, FONT_SIZE);
  const left = MARGIN + 1.6 * FONT_SIZE + yLabelWidth + TICK + 5;
  const top = MARGIN + titleLines.length * TITLE_SIZE * LINE_HEIGHT + (bare ? 0 : 8);
  const legendRoom = beside && beside.width > 0 ? beside.width + 14 : 0;
  const plotWidth = Math.max(100, width - left - MARGIN - legendRoom);
  const x = createScale(chart.x, xValues(chart), { tickCount: plotWidth / 100 });
  const frame: Frame = { left, top, width: plotWidth, height: plotHeight, inset: 8, x, y };

  const bottom = top + plotHeight;
  const legendTop = bottom + TICK + 2 * FONT_SIZE * LINE_HEIGHT + 16;
  const captionTop = legendTop + (below?.height ?? 0);
  const height = captionTop + captionLines.length * FONT_SIZE * LINE_HEIGHT + MARGIN - 8;
  return svgDocument(
    width,
    height,
    // A title would be shown under the mouse wherever it points; the page says it beside the picture.
    bare ? { 'aria-label': chart.title } : {},
    bare ? '\n' : `\n${element('title', {}, escapeXml(chart.title))}\n`,
    element('rect', { width, height, fill: '#ffffff' }),
    ...titleLines.map((line, i) =>
      text(line, MARGIN, MARGIN + (i + 0.8) * TITLE_SIZE * LINE_HEIGHT, {
        'font-size': TITLE_SIZE,
        'font-weight': 'bold',
      }),
    ),
    `\n${axes(frame)}\n`,
    text(axisTitle(chart.x), left + plotWidth / 2, bottom + TICK + 2 * FONT_SIZE * LINE_HEIGHT + 4, {
      'text-anchor': 'middle',
    }),
    text(axisTitle(chart.y), 0, 0, {
      'text-anchor': 'middle',
      transform: `translate(${MARGIN + FONT_SIZE * 0.8} ${Math.round(top + plotHeight / 2)}) rotate(-90)`,
    }),
    `\n${curves(chart, chartStyles(chart.series), frame)}\n`,
    beside?.draw(left + plotWidth + 14, top) ?? '',
    below?.draw(MARGIN, legendTop) ?? '',
    ...captionLines.map((line, i) =>
      text(line, MARGIN, captionTop + (i + 0.8) * FONT_SIZE * LINE_HEIGHT, { fill: GREY }),
    ),
  );
}

/** The setting, n, and what bands and dots are: what stands under a figure. */
export function chartCaption(chart: LineChart): string {
  const seeds = describeSeeds(chart);
  const dots = chart.series.some(({ points }) => showsSeeds(points)) ? '; dots: single seeds' : '';
  const sentence = seeds === '' ? '' : `${seeds[0].toUpperCase()}${seeds.slice(1)}${dots}.`;
  return [chart.caption, sentence].filter(Boolean).join(' ');
}

/** Horizontal grid lines, the two axes, ticks and their labels. */
function axes({ left, top, width, height, inset, x, y }: Frame): string {
  const bottom = top + height;
  const marks: string[] = [];
  for (const { at, label } of y.ticks) {
    const level = bottom - inset - at * (height - 2 * inset);
    marks.push(
      line(left, level, left + width, level, GRID),
      line(left - TICK, level, left, level, INK),
      text(label, left - TICK - 4, level + FONT_SIZE * 0.35, { 'text-anchor': 'end' }),
    );
  }
  let free = Number.NEGATIVE_INFINITY;
  for (const { at, label } of x.ticks) {
    const across = left + inset + at * (width - 2 * inset);
    marks.push(line(across, bottom, across, bottom + TICK, INK));
    if (across - textWidth(label) / 2 < free) continue;
    free = across + textWidth(label) / 2 + 6;
    marks.push(text(label, across, bottom + TICK + FONT_SIZE + 3, { 'text-anchor': 'middle' }));
  }
  marks.push(line(left, bottom, left + width, bottom, INK), line(left, top, left, bottom, INK));
  return marks.join('');
}

/** Bands lie under lines, lines under dots and markers. What a fixed domain leaves out is cut off at the frame. */
function curves(chart: LineChart, styles: SeriesStyle[], frame: Frame): string {
  const { left, top, width, height } = frame;
  const each = (
    draw: (points: LineChart['series'][number]['points'], style: SeriesStyle, i: number) => string,
  ) => chart.series.map(({ points }, i) => draw(points, styles[i], i)).join('');
  const count = chart.series.length;
  const drawn =
    each((points, style) => band(points, chart.band, style, frame)) +
    each((points, style) => meanLine(points, style, frame)) +
    each((points, style) => seedDots(points, style, frame)) +
    each((points, style, i) => markers(points, style, frame, i, count));
  if (drawn === '') {
    return text('nothing to show: no finite values', left + width / 2, top + height / 2, {
      'text-anchor': 'middle',
      fill: GREY,
    });
  }
  // A nested svg clips what is outside of it, without an id that could clash with another chart's on the same page.
  return element(
    'svg',
    { x: left, y: top, width, height, viewBox: `${[left, top, width, height].map(coordinate).join(' ')}` },
    drawn,
  );
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return element('line', { x1, y1, x2, y2, stroke });
}
