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

export function pixelX({ left, width, inset, x }: Frame, value: number): number {
  return left + inset + x.place(value) * (width - 2 * inset);
}

export function pixelY({ top, height, inset, y }: Frame, value: number): number {
  return top + height - inset - y.place(value) * (height - 2 * inset);
}

/** The band around the means. Where its lower edge has no place, as below 0 on a log axis, it goes to the bottom. */
export function band(points: readonly Point[], name: BandName | undefined, style: SeriesStyle, frame: Frame) {
  const path = pieces(points, frame)
    .map((piece) =>
      piece.flatMap((point) => {
        const edges = bandEdges(point, name);
        return edges ? [{ x: point.x, edges }] : [];
      }),
    )
    .filter((piece) => piece.length > 1)
    .map((piece) => {
      const edge = (side: 0 | 1) =>
        piece.map(({ x, edges }) => {
          const at = pixelY(frame, edges[side]);
          return `${coordinate(pixelX(frame, x))},${coordinate(Number.isNaN(at) ? frame.top + frame.height : at)}`;
        });
      return `M${[...edge(1), ...edge(0).reverse()].join('L')}Z`;
    })
    .join('');
  return path === '' ? '' : element('path', { d: path, fill: style.color, 'fill-opacity': 0.13 });
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
  const path = pieces(points, frame)
    .map(
      (piece) =>
        `M${piece.map((p) => `${coordinate(pixelX(frame, p.x))},${coordinate(pixelY(frame, p.y))}`).join('L')}`,
    )
    .join('');
  return path === '' ? '' : element('path', { d: path, ...lineAttributes(style) });
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
  const drawn = pieces(points, frame).flat();
  const every = drawn.length > MANY_POINTS ? drawn.length / MARKERS_ON_LONG_CURVE : 1;
  const chosen: Point[] = [];
  for (let at = every === 1 ? 0 : (every * (index + 0.5)) / count; at < drawn.length; at += every) {
    chosen.push(drawn[Math.floor(at)]);
  }
  return chosen.map(({ x, y }) => marker(style, pixelX(frame, x), pixelY(frame, y))).join('');
}

/** One marker, about 8 pixels wide, with a white rim that keeps it apart from the lines under it. */
export function marker({ color, marker: shape }: SeriesStyle, x: number, y: number): string {
  const at = (dx: number, dy: number) => `${coordinate(x + dx)},${coordinate(y + dy)}`;
  const filled = { fill: color, stroke: '#ffffff', 'stroke-width': 0.8 };
  const polygon = (...corners: [number, number][]) =>
    element('path', { d: `M${corners.map(([dx, dy]) => at(dx, dy)).join('L')}Z`, ...filled });
  const strokes = (...ends: [number, number][]) => {
    const d = ends.map(([dx, dy]) => `M${at(-dx, -dy)}L${at(dx, dy)}`).join('');
    // The rim of a stroke is a wider white stroke under it.
    return (
      element('path', { d, fill: 'none', stroke: '#ffffff', 'stroke-width': 3.6 }) +
      element('path', { d, fill: 'none', stroke: color, 'stroke-width': 2 })
    );
  };
  const shapes: Record<Marker, () => string> = {
    circle: () => element('circle', { cx: x, cy: y, r: 4, ...filled }),
    square: () => element('rect', { x: x - 3.6, y: y - 3.6, width: 7.2, height: 7.2, ...filled }),
    diamond: () => polygon([0, -5], [5, 0], [0, 5], [-5, 0]),
    triangle: () => polygon([0, -4.8], [4.6, 3.4], [-4.6, 3.4]),
    triangleDown: () => polygon([0, 4.8], [4.6, -3.4], [-4.6, -3.4]),
    cross: () => strokes([3.4, 3.4], [3.4, -3.4]),
    plus: () => strokes([4.4, 0], [0, 4.4]),
  };
  return shapes[shape]();
}

/** The runs of neighbouring points that have a place in the frame. */
function pieces(points: readonly Point[], frame: Frame): Point[][] {
  const result: Point[][] = [];
  let open = false;
  for (const point of points) {
    const visible = !Number.isNaN(frame.x.place(point.x)) && !Number.isNaN(frame.y.place(point.y));
    if (visible && open) result[result.length - 1].push(point);
    else if (visible) result.push([point]);
    open = visible;
  }
  return result;
}
