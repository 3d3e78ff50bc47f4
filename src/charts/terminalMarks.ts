import { type BandName, bandEdges } from './band.ts';
import type { Canvas, Paint } from './canvas.ts';
import { BLACK, chartStyles, MARKERS, type Marker, PALETTE } from './colors.ts';
import type { LineChart, Point } from './lineChart.ts';
import type { Scale } from './scale.ts';
import type { TerminalColors } from './terminalColors.ts';

/** Columns between the markers on a curve of many points. */
const MARKER_SPACING = 14;
/** Columns between the dots that mark the edge of a band. */
const BAND_SPACING = 3;

/** With any character, and in ASCII. */
const GLYPHS: Record<Marker, [string, string]> = {
  circle: ['●', 'o'],
  square: ['■', '#'],
  diamond: ['◆', '%'],
  triangle: ['▲', '^'],
  triangleDown: ['▼', 'v'],
  cross: ['×', 'x'],
  plus: ['+', '+'],
};
const MORE_GLYPHS = 'abcdefghijklmnpqrstuwyz';

export interface StyledSeries {
  name: string;
  points: readonly Point[];
  glyph: string;
  paint: Paint;
}

export function styledSeries(chart: LineChart, colors: TerminalColors, ascii: boolean): StyledSeries[] {
  // The terminal's nearest to the palette, in its order: blue, vermillion, green, purple, orange, sky blue, black.
  const { blueBright, red, green, magenta, yellow, cyan } = colors;
  const paints = new Map<string, Paint>(
    [blueBright, red, green, magenta, yellow, cyan].map((paint, i) => [PALETTE[i], paint]),
  );
  // Black would be invisible on a dark terminal: the terminal's own text colour stands for it.
  paints.set(BLACK, (text) => text);

  const glyphOf = (marker: Marker) => GLYPHS[marker][ascii ? 1 : 0];
  const free = new Set([...MARKERS.map(glyphOf), ...MORE_GLYPHS]);
  return chartStyles(chart.series).map(({ color, marker }, i) => {
    const own = glyphOf(marker);
    const glyph = free.has(own) ? own : (free.values().next().value ?? '?');
    free.delete(glyph);
    const { name, points } = chart.series[i];
    return { name, points, glyph, paint: paints.get(color) ?? ((text) => text) };
  });
}

/** Bands, lines and markers, as far as they lie on the plot. */
export function drawSeries(
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
