import { chartStyles, type SeriesStyle } from './colors.ts';
import type { LineChart } from './lineChart.ts';
import { isDrawable } from './scale.ts';
import { coordinate, element } from './svgElement.ts';
import { lineAttributes, marker } from './svgMarks.ts';
import { FONT_SIZE, text, textWidth } from './svgText.ts';
import { singleLine, truncate } from './text.ts';

const LONGEST_NAME = 28;
const SAMPLE = 34;
const ROW = 20;
const GAP = 14;

interface Entry {
  name: string;
  style: SeriesStyle;
  /** Pixels from the legend's left edge, and rows from its top. */
  left: number;
  row: number;
}

/** The samples of a chart's lines with their names: one under the other, or in rows of at most `width` pixels. */
export interface Legend {
  /** Pixels, 0 without series. */
  width: number;
  height: number;
  draw(left: number, top: number): string;
}

export function legendColumn(chart: LineChart): Legend {
  return legendOf(styledNames(chart).map((each, row) => ({ ...each, left: 0, row })));
}

export function legendRows(chart: LineChart, width: number): Legend {
  let left = 0;
  let row = 0;
  return legendOf(
    styledNames(chart).map((each) => {
      if (left > 0 && left + entryWidth(each.name) > width) [left, row] = [0, row + 1];
      const entry = { ...each, left, row };
      left += entryWidth(each.name) + GAP;
      return entry;
    }),
  );
}

function legendOf(entries: readonly Entry[]): Legend {
  return {
    width: Math.max(0, ...entries.map(({ left, name }) => left + entryWidth(name))),
    height: Math.max(0, ...entries.map(({ row }) => (row + 1) * ROW)),
    draw: (left, top) =>
      entries
        .map((entry) => draw(entry.name, entry.style, left + entry.left, top + 10 + entry.row * ROW))
        .join(''),
  };
}

function styledNames(chart: LineChart): { name: string; style: SeriesStyle }[] {
  const styles = chartStyles(chart.series);
  return chart.series.map(({ name, points }, i) => {
    const shown = truncate(singleLine(name), LONGEST_NAME);
    const isEmpty = !points.some(({ y }) => isDrawable(y));
    return { name: isEmpty ? `${shown} (no finite values)` : shown, style: styles[i] };
  });
}

function entryWidth(name: string): number {
  return SAMPLE + 6 + textWidth(name);
}

function draw(name: string, style: SeriesStyle, left: number, middle: number): string {
  return (
    element('path', { d: `M${coordinate(left)},${coordinate(middle)}h${SAMPLE}`, ...lineAttributes(style) }) +
    marker(style, left + SAMPLE / 2, middle) +
    text(name, left + SAMPLE + 6, middle + FONT_SIZE * 0.35, {})
  );
}
