import { type BandName, bandEdges } from './band.ts';
import { Canvas, type Paint } from './canvas.ts';
import { BLACK, chartStyles, type Marker, PALETTE } from './colors.ts';
import { axisTitle, describeSeeds, type LineChart, type Point, xValues, yValues } from './lineChart.ts';
import { createScale, isDrawable, type Scale } from './scale.ts';
import { type TerminalColors, terminalColors } from './terminalColors.ts';
import { displayWidth, singleLine, truncate, wrapWords } from './text.ts';

export interface TerminalChartOptions {
  /** Columns that no line exceeds. Default 80. */
  width?: number;
  /** Rows of the plot itself, without title, axes and legend. Default 16. */
  height?: number;
  /** From `terminalColors`; by default those that suit stdout. Without colour, markers tell the series apart. */
  colors?: TerminalColors;
  /** Draw with ASCII characters only: a line is made of its series' marker. */
  ascii?: boolean;
}

const SMALLEST_WIDTH = 24;

/** Columns between the markers on a curve of many points. */
const MARKER_SPACING = 14;
/** Columns between the dots that mark the edge of its band. */
const BAND_SPACING = 3;

const GLYPHS: Record<Marker, string> = {
  circle: '●',
  square: '■',
  diamond: '◆',
  triangle: '▲',
  triangleDown: '▼',
  cross: '×',
  plus: '+',
};
const ASCII_GLYPHS: Record<Marker, string> = {
  circle: 'o',
  square: '#',
  diamond: '%',
  triangle: '^',
  triangleDown: 'v',
  cross: 'x',
  plus: '+',
};
const MORE_GLYPHS = 'abcdefghijklmnpqrstuwyz';

/**
 * A line chart for the terminal: lines of braille dots with every series' markers on them, and sparse dots at the
 * edges of the band around the mean. Without a newline at the end.
 */
export function renderTerminalChart(chart: LineChart, options: TerminalChartOptions = {}): string {
  const width = Math.floor(options.width ?? 80);
  const height = Math.max(2, Math.floor(options.height ?? 16));
  const { ascii = false, colors = terminalColors({ stream: process.stdout }) } = options;
  if (width < SMALLEST_WIDTH) {
    return wrapWords(`${chart.title}: a chart needs ${SMALLEST_WIDTH} columns`, width).join('\n');
  }
  const yScale = createScale(chart.y, yValues(chart), { tickCount: Math.max(2, height / 3.5), nice: true });
  const yLabelWidth = Math.min(Math.max(1, ...yScale.ticks.map(({ label }) => label.length)), 10);
  const columns = width - yLabelWidth - 2;
  const xScale = createScale(chart.x, xValues(chart), { tickCount: Math.max(2, columns / 12) });

  const plot = new Canvas(columns, height, ascii);
  const series = styledSeries(chart, colors, ascii);
  drawSeries(plot, series, chart.band, xScale, yScale);

  const notes = [chart.caption ?? '', describeSeeds(chart)].flatMap((text) => wrapWords(text, width));
  const lines = [
    ...wrapWords(chart.title, width).map(colors.bold),
    colors.dim(truncate(singleLine(axisTitle(chart.y)), width)),
    ...plotRows(plot, yScale, yLabelWidth, ascii),
    ...xAxisRows(xScale, columns, ascii).map((row) => ' '.repeat(yLabelWidth + 1) + row),
    colors.dim(centered(singleLine(axisTitle(chart.x)), columns, yLabelWidth + 2)),
    ...legendRows(series, width),
    ...notes.map(colors.dim),
  ];
  return lines.join('\n');
}

interface StyledSeries {
  name: string;
  points: readonly Point[];
  glyph: string;
  paint: Paint;
}

function styledSeries(chart: LineChart, colors: TerminalColors, ascii: boolean): StyledSeries[] {
  // The terminal's nearest to the palette, in its order: blue, vermillion, green, purple, orange, sky blue, black.
  const { blueBright, red, green, magenta, yellow, cyan } = colors;
  const paints = new Map<string, Paint>(
    [blueBright, red, green, magenta, yellow, cyan].map((paint, i) => [PALETTE[i], paint]),
  );
  // Black would be invisible on a dark terminal: the terminal's own text colour stands for it.
  paints.set(BLACK, (text) => text);

  const glyphs = ascii ? ASCII_GLYPHS : GLYPHS;
  const free = new Set([...Object.values(glyphs), ...MORE_GLYPHS]);
  return chartStyles(chart.series).map(({ color, marker }, i) => {
    const glyph = free.has(glyphs[marker]) ? glyphs[marker] : (free.values().next().value ?? '?');
    free.delete(glyph);
    const { name, points } = chart.series[i];
    return { name, points, glyph, paint: paints.get(color) ?? ((text) => text) };
  });
}

function drawSeries(
  plot: Canvas,
  series: StyledSeries[],
  band: BandName | undefined,
  xScale: Scale,
  yScale: Scale,
): void {
  const lastX = plot.columns * plot.dotsAcross - 1;
  const lastY = plot.rows * plot.dotsDown - 1;
  // A little outside of the plot is far enough for what lies beyond a fixed domain.
  const clamp = (place: number) => Math.min(Math.max(place, -1), 2);
  const dotX = (x: number) => Math.round(clamp(xScale.place(x)) * lastX);
  const dotY = (y: number) => Math.round(clamp(1 - yScale.place(y)) * lastY);
  const visible = ({ x, y }: Point) => !Number.isNaN(xScale.place(x)) && !Number.isNaN(yScale.place(y));

  // Bands first, lines over them, markers on top.
  for (const { points, paint } of series) {
    let next = 0;
    for (const point of points.filter(visible)) {
      const edges = bandEdges(point, band);
      const { x } = point;
      if (edges === undefined || edges[0] === edges[1] || dotX(x) < next) continue;
      // Where points are dense, an edge in every dot column would bury the lines.
      next = dotX(x) + (points.length > plot.columns / 4 ? BAND_SPACING * plot.dotsAcross : 1);
      for (const edge of edges) {
        if (!Number.isNaN(yScale.place(edge))) plot.dot(dotX(x), dotY(edge), '.', paint);
      }
    }
  }
  for (const { points, glyph, paint } of series) {
    for (let i = 0; i < points.length; i++) {
      if (!visible(points[i])) continue;
      const from = i > 0 && visible(points[i - 1]) ? points[i - 1] : points[i];
      plot.line(dotX(from.x), dotY(from.y), dotX(points[i].x), dotY(points[i].y), glyph, paint);
    }
  }
  series.forEach(({ points, glyph, paint }, i) => {
    const shown = points.filter(visible);
    const spacing = shown.length > plot.columns / 4 ? MARKER_SPACING : 1;
    // Each series begins a little later, so that markers of neighbouring curves do not hide one another.
    let next = Math.round((spacing * i) / series.length);
    for (const { x, y } of shown) {
      const column = Math.floor(dotX(x) / plot.dotsAcross);
      if (column < next) continue;
      const row = Math.floor(dotY(y) / plot.dotsDown);
      const free = [0, 1, -1, 2, -2].find((shift) => !plot.hasText(column + shift, row)) ?? 0;
      plot.text(column + free, row, glyph, paint);
      next = column + spacing;
    }
  });
  if (!series.some(({ points }) => points.some(visible))) {
    const message = 'nothing to show: no finite values'.slice(0, plot.columns);
    plot.text(Math.floor((plot.columns - message.length) / 2), Math.floor(plot.rows / 2), message);
  }
}

function plotRows(plot: Canvas, scale: Scale, labelWidth: number, ascii: boolean): string[] {
  const labels = new Map<number, string>();
  for (const { at, label } of scale.ticks) {
    const dot = Math.round((1 - at) * (plot.rows * plot.dotsDown - 1));
    labels.set(Math.floor(dot / plot.dotsDown), label);
  }
  const [tick, line] = ascii ? ['+', '|'] : ['┤', '│'];
  return Array.from({ length: plot.rows }, (_, row) => {
    const label = labels.get(row);
    return `${truncate(label ?? '', labelWidth).padStart(labelWidth)} ${label ? tick : line}${plot.row(row)}`.trimEnd();
  });
}

/** The axis line with its ticks, and the labels under them, as many as have room. Begins under the y axis. */
function xAxisRows(scale: Scale, columns: number, ascii: boolean): string[] {
  const [corner, line, tick] = ascii ? ['+', '-', '+'] : ['└', '─', '┬'];
  const axis = Array.from({ length: columns }, () => line);
  let labels = '';
  for (const { at, label } of scale.ticks) {
    const column = Math.round(at * (columns - 1));
    const start = Math.max(0, Math.min(column - Math.floor(label.length / 2), columns - label.length));
    if (column < 0 || column >= columns || label.length > columns) continue;
    if (labels !== '' && start < labels.length + 2) continue;
    labels = labels.padEnd(start) + label;
    axis[column] = tick;
  }
  return [corner + axis.join(''), ` ${labels}`];
}

function centered(text: string, columns: number, indent: number): string {
  const fitted = truncate(text, columns);
  return ' '.repeat(indent + Math.floor((columns - displayWidth(fitted)) / 2)) + fitted;
}

function legendRows(series: StyledSeries[], width: number): string[] {
  const rows: string[] = [];
  let row = '';
  let used = 0;
  for (const { name, points, glyph, paint } of series) {
    const isEmpty = !points.some(({ y }) => isDrawable(y));
    const label = truncate(`${singleLine(name)}${isEmpty ? ' (no finite values)' : ''}`, width - 3);
    const entryWidth = displayWidth(label) + 4;
    if (used + entryWidth > width && row !== '') {
      rows.push(row);
      row = '';
      used = 0;
    }
    row += ` ${paint(glyph)} ${label} `;
    used += entryWidth;
  }
  return [...rows, row].map((line) => line.trimEnd());
}
