import { Canvas } from './canvas.ts';
import { axisTitle, describeSeeds, type LineChart, xValues, yValues } from './lineChart.ts';
import { createScale, isDrawable, type Scale } from './scale.ts';
import { type TerminalColors, terminalColors } from './terminalColors.ts';
import { drawSeries, type StyledSeries, styledSeries } from './terminalMarks.ts';
import { displayWidth, packed, singleLine, truncate, wrapWords } from './text.ts';

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
  const entries = series.map(({ name, points, glyph, paint }) => {
    const isEmpty = !points.some(({ y }) => isDrawable(y));
    const label = truncate(`${singleLine(name)}${isEmpty ? ' (no finite values)' : ''}`, width - 3);
    return ` ${paint(glyph)} ${label}`;
  });
  return packed(entries, width, ' ');
}
