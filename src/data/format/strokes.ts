import type { Random } from '../../random.ts';

/** Points [x, y] joined by straight lines. A digit fills x -0.65..0.65 and y -1..1; y points down. */
export type Polyline = readonly (readonly [number, number])[];

/** The strokes of a digit, in one of the ways people write it. */
export function digitStrokes(digit: number, random: Random): readonly Polyline[] {
  const styles = strokes[digit];
  return styles[random.integer(styles.length)];
}

const six = [arc(0.5, 0.4, 1, 1.4, 180, 270), arc(0, 0.45, 0.5, 0.55, 0, 360)];

/** strokes[digit]: its styles, each a list of polylines. */
const strokes: readonly (readonly (readonly Polyline[])[])[] = [
  [[arc(0, 0, 0.6, 1, 0, 360)]],
  [
    [line(0, -1, 0, 1)],
    [line(-0.35, -0.6, 0, -1, 0, 1)],
    [line(-0.35, -0.6, 0, -1, 0, 1), line(-0.4, 1, 0.4, 1)],
  ],
  [[[...arc(0, -0.45, 0.55, 0.55, 180, 395), ...line(-0.6, 1, 0.6, 1)]]],
  [
    [[...arc(0, -0.5, 0.5, 0.5, 200, 450), ...arc(0, 0.5, 0.55, 0.5, -90, 160)]],
    [[...line(-0.5, -1, 0.5, -1, -0.05, -0.15), ...arc(0, 0.42, 0.55, 0.57, -90, 160)]],
  ],
  [
    [line(0.25, 1, 0.25, -1, -0.6, 0.35, 0.65, 0.35)],
    [line(-0.45, -1, -0.5, 0.1, 0.55, 0.1), line(0.35, -0.8, 0.35, 1)],
  ],
  [[[...line(0.5, -1, -0.4, -1, -0.45, -0.1), ...arc(0, 0.35, 0.55, 0.65, -140, 140)]]],
  [six],
  [[line(-0.55, -1, 0.55, -1, -0.15, 1)], [line(-0.55, -1, 0.55, -1, -0.15, 1), line(-0.25, 0, 0.45, 0)]],
  [[arc(0, -0.5, 0.45, 0.5, 0, 360), arc(0, 0.5, 0.55, 0.5, 0, 360)]],
  [
    six.map((stroke) => stroke.map(([x, y]) => [-x, -y] as const)),
    [arc(0, -0.45, 0.5, 0.55, 0, 360), line(0.5, -0.45, 0.35, 1)],
  ],
];

/** line(x0, y0, x1, y1, ...): cut into short pieces, so that it bends like the arcs do. */
function line(...coordinates: number[]): [number, number][] {
  const pieces = 4;
  const points: [number, number][] = [[coordinates[0], coordinates[1]]];
  for (let i = 2; i < coordinates.length; i += 2) {
    const [x0, y0, x1, y1] = coordinates.slice(i - 2, i + 2);
    for (let p = 1; p <= pieces; p++) {
      const t = p / pieces;
      points.push([x0 + t * (x1 - x0), y0 + t * (y1 - y0)]);
    }
  }
  return points;
}

/** Part of an ellipse about (x, y), angles in degrees, clockwise from the right. */
function arc(
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
  from: number,
  to: number,
): [number, number][] {
  const pieces = Math.ceil(Math.abs(to - from) / 24);
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / pieces) * Math.PI) / 180;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}
