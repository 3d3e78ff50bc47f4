import { chartStyles, type SeriesStyle } from './colors.ts';
import { axisTitle, describeSeeds, isDrawable, type LineChart, xValues, yValues } from './lineChart.ts';
import { createScale } from './scale.ts';
import { type Attributes, coordinate, element, escapeXml } from './svgElement.ts';
import {
  band,
  type Frame,
  lineAttributes,
  marker,
  markers,
  meanLine,
  seedDots,
  showsSeeds,
} from './svgMarks.ts';
import { displayWidth, singleLine, truncate, wrapWords } from './text.ts';

export interface SvgChartOptions {
  /** Pixels. Default 720; at least 360. */
  width?: number;
  /** Height of the plot itself, in pixels. Title, axes and caption come on top of it. Default 320; at least 120. */
  plotHeight?: number;
}

const FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
const FONT_SIZE = 12;
const TITLE_SIZE = 15;
const LINE_HEIGHT = 1.35;
/** Width of a character as a share of the font size, generous: no font is at hand to measure with. */
const CHARACTER = 0.58;
const MARGIN = 14;
const TICK = 5;
const INK = '#222222';
const GREY = '#555555';
const GRID = '#e4e4e4';
const LONGEST_NAME = 28;
const LEGEND_SAMPLE = 34;
const LEGEND_ROW = 20;

/**
 * A line chart as a complete SVG document (also fit to stand in HTML): the mean of every series with its band ± std,
 * a dot per seed, labelled axes, a legend, and a caption that states n.
 */
export function renderSvgChart(chart: LineChart, options: SvgChartOptions = {}): string {
  const width = Math.max(360, options.width ?? 720);
  const plotHeight = Math.max(120, options.plotHeight ?? 320, chart.series.length * LEGEND_ROW);
  const styles = chartStyles(chart.series);
  const names = chart.series.map(legendName);
  const y = createScale(chart.y, yValues(chart), { tickCount: plotHeight / 60, nice: true });

  const yLabelWidth = Math.max(0, ...y.ticks.map(({ label }) => textWidth(label)));
  const legendWidth = Math.max(0, ...names.map((name) => LEGEND_SAMPLE + 6 + textWidth(name)));
  const titleLines = wrap(chart.title, width - 2 * MARGIN, TITLE_SIZE);
  const captionLines = wrap(caption(chart), width - 2 * MARGIN, FONT_SIZE);
  const left = MARGIN + 1.6 * FONT_SIZE + yLabelWidth + TICK + 5;
  const top = MARGIN + titleLines.length * TITLE_SIZE * LINE_HEIGHT + 8;
  const plotWidth = Math.max(100, width - left - MARGIN - legendWidth - (names.length > 0 ? 14 : 0));
  const x = createScale(chart.x, xValues(chart), { tickCount: plotWidth / 80 });
  const frame: Frame = { left, top, width: plotWidth, height: plotHeight, inset: 8, x, y };

  const bottom = top + plotHeight;
  const captionTop = bottom + TICK + 2 * FONT_SIZE * LINE_HEIGHT + 16;
  const height = captionTop + captionLines.length * FONT_SIZE * LINE_HEIGHT + MARGIN - 8;
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
      'font-family': FONT,
      'font-size': FONT_SIZE,
      role: 'img',
    },
    `\n${element('title', {}, escapeXml(chart.title))}\n`,
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
    `\n${curves(chart, styles, frame)}\n`,
    ...names.map((name, i) => legendEntry(name, styles[i], left + plotWidth + 14, top + 10 + i * LEGEND_ROW)),
    ...captionLines.map((line, i) =>
      text(line, MARGIN, captionTop + (i + 0.8) * FONT_SIZE * LINE_HEIGHT, { fill: GREY }),
    ),
  )}\n`;
}

function caption(chart: LineChart): string {
  const seeds = describeSeeds(chart);
  const dots = chart.series.some(({ points }) => showsSeeds(points)) ? '; dots: single seeds' : '';
  const sentence = seeds === '' ? '' : `${seeds[0].toUpperCase()}${seeds.slice(1)}${dots}.`;
  return [chart.caption, sentence].filter(Boolean).join(' ');
}

function legendName({ name, points }: LineChart['series'][number]): string {
  const shown = truncate(singleLine(name), LONGEST_NAME);
  return points.some(({ y }) => isDrawable(y)) ? shown : `${shown} (no finite values)`;
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
    each((points, style) => band(points, style, frame)) +
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

function legendEntry(name: string, style: SeriesStyle, left: number, middle: number): string {
  return (
    element('path', {
      d: `M${coordinate(left)},${coordinate(middle)}h${LEGEND_SAMPLE}`,
      ...lineAttributes(style),
    }) +
    marker(style, left + LEGEND_SAMPLE / 2, middle) +
    text(name, left + LEGEND_SAMPLE + 6, middle + FONT_SIZE * 0.35, {})
  );
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return element('line', { x1, y1, x2, y2, stroke });
}

function text(content: string, x: number, y: number, attributes: Attributes): string {
  return element('text', { x, y, fill: INK, ...attributes }, escapeXml(singleLine(content)));
}

function textWidth(content: string, size = FONT_SIZE): number {
  return displayWidth(content) * size * CHARACTER;
}

function wrap(content: string, width: number, size: number): string[] {
  return wrapWords(content, Math.floor(width / (size * CHARACTER)));
}
