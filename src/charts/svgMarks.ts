import {
  area,
  line,
  type SymbolType,
  symbol,
  symbolCircle,
  symbolDiamond2,
  symbolPlus,
  symbolSquare,
  symbolTimes,
  symbolTriangle,
} from 'd3-shape';
import { type BandName, bandEdges } from './band.ts';
import type { Marker, SeriesStyle } from './colors.ts';
import type { Point } from './lineChart.ts';
import type { Scale } from './scale.ts';
import { coordinate, element } from './svgElement.ts';

/** Where values lie on the paper, in pixels from the top left. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Room between the frame and the extreme points, so that markers on them stay whole. */
  inset: number;
  x: Scale;
  y: Scale;
}

/** Beyond this many points, curves carry a few markers instead of one per point, and no dots for the seeds. */
const MANY_POINTS = 16;
const MARKERS_ON_LONG_CURVE = 6;
const LINE_WIDTH = 1.8;

/** Sizes are areas, in square pixels; those of strokes, of the square around them. */
const SYMBOLS: Record<Marker, { type: SymbolType; size: number; turn?: string }> = {
  circle: { type: symbolCircle, size: 50 },
  square: { type: symbolSquare, size: 52 },
  diamond: { type: symbolDiamond2, size: 64 },
  triangle: { type: symbolTriangle, size: 40 },
  triangleDown: { type: symbolTriangle, size: 40, turn: ' rotate(180)' },
  cross: { type: symbolTimes, size: 32 },
  plus: { type: symbolPlus, size: 27 },
};
const STROKES: ReadonlySet<Marker> = new Set(['cross', 'plus']);

function pixelX({ left, width, inset, x }: Frame, value: number): number {
  return left + inset + x.place(value) * (width - 2 * inset);
}

function pixelY({ top, height, inset, y }: Frame, value: number): number {
  return top + height - inset - y.place(value) * (height - 2 * inset);
}

/** The band around the means. Where its lower edge has no place, as below 0 on a log axis, it goes to the bottom. */
export function band(points: readonly Point[], name: BandName | undefined, style: SeriesStyle, frame: Frame) {
  const edge = (side: 0 | 1) => (point: Point) => {
    const at = pixelY(frame, bandEdges(point, name)![side]);
    return Number.isNaN(at) ? frame.top + frame.height : at;
  };
  const path = area<Point>()
    .defined((point) => isVisible(point, frame) && bandEdges(point, name) !== undefined)
    .x(({ x }) => pixelX(frame, x))
    .y1(edge(1))
    .y0(edge(0))
    .digits(2)(points);
  return path === null ? '' : element('path', { d: path, fill: style.color, 'fill-opacity': 0.13 });
}

/** Whether a curve shows its single seeds: not where there is but one, nor where points are dense. */
export function showsSeeds(points: readonly Point[]): boolean {
  return points.length <= MANY_POINTS && points.some(({ values = [] }) => values.length > 1);
}

/** The value of every seed, as small dots. */
export function seedDots(points: readonly Point[], style: SeriesStyle, frame: Frame): string {
  if (!showsSeeds(points)) return '';
  const dots = points.flatMap(({ x, values = [] }) =>
    values.map((value) => [pixelX(frame, x), pixelY(frame, value)]),
  );
  const circles = dots
    .filter(([cx, cy]) => !Number.isNaN(cx) && !Number.isNaN(cy))
    .map(([cx, cy]) => element('circle', { cx, cy, r: 1.6 }));
  return circles.length === 0 ? '' : element('g', { fill: style.color, 'fill-opacity': 0.5 }, ...circles);
}

/** The line through the means, broken where there is none. */
export function meanLine(points: readonly Point[], style: SeriesStyle, frame: Frame): string {
  const path = line<Point>()
    .defined((point) => isVisible(point, frame))
    .x(({ x }) => pixelX(frame, x))
    .y(({ y }) => pixelY(frame, y))
    .digits(2)(points);
  return path === null ? '' : element('path', { d: path, ...lineAttributes(style) });
}

export function lineAttributes({ color, dash }: SeriesStyle) {
  return {
    fill: 'none',
    stroke: color,
    'stroke-width': LINE_WIDTH,
    'stroke-linejoin': 'round',
    ...(dash === '' ? {} : { 'stroke-dasharray': dash }),
  };
}

/** Markers on the means. `index` of `count` series: on long curves each series has its markers at other places. */
export function markers(
  points: readonly Point[],
  style: SeriesStyle,
  frame: Frame,
  index: number,
  count: number,
): string {
  const drawn = points.filter((point) => isVisible(point, frame));
  const every = drawn.length > MANY_POINTS ? drawn.length / MARKERS_ON_LONG_CURVE : 1;
  const chosen: Point[] = [];
  for (let at = every === 1 ? 0 : (every * (index + 0.5)) / count; at < drawn.length; at += every) {
    chosen.push(drawn[Math.floor(at)]);
  }
  return chosen.map(({ x, y }) => marker(style, pixelX(frame, x), pixelY(frame, y))).join('');
}

/** One marker, about 8 pixels wide, with a white rim that keeps it apart from the lines under it. */
export function marker({ color, marker: shape }: SeriesStyle, x: number, y: number): string {
  const { type, size, turn = '' } = SYMBOLS[shape];
  const transform = `translate(${coordinate(x)} ${coordinate(y)})${turn}`;
  const path = { d: symbol(type, size).digits(2)()!, transform };
  if (!STROKES.has(shape))
    return element('path', { ...path, fill: color, stroke: '#ffffff', 'stroke-width': 0.8 });
  // The rim of a stroke is a wider white stroke under it.
  return (
    element('path', { ...path, stroke: '#ffffff', 'stroke-width': 3.6 }) +
    element('path', { ...path, stroke: color, 'stroke-width': 2 })
  );
}

/** Whether the point has a place in the frame. */
function isVisible({ x, y }: Point, frame: Frame): boolean {
  return !Number.isNaN(frame.x.place(x)) && !Number.isNaN(frame.y.place(y));
}
