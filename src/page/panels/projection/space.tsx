import type { Explanation, Standardization } from '../../../teach/explanation.ts';
import { percent } from '../../../teach/numbers.ts';

type Vector = readonly number[];
type Point = readonly [x: number, y: number];

const root = Math.sqrt;
/** The direction 1, and two directions in the plane orthogonal to it. */
const one = [1, 1, 1].map((each) => each / root(3));
const u = [1, -1, 0].map((each) => each / root(2));
const w = [1, 1, -2].map((each) => each / root(6));
const turn = (20 * Math.PI) / 180;
const tilt = (24 * Math.PI) / 180;

/** Seen from the side and a little from above, 1 upwards. */
function project(v: Vector): Point {
  const [a, b, up] = [dot(v, u), dot(v, w), dot(v, one)];
  const depth = b * Math.cos(turn) - a * Math.sin(turn);
  return [a * Math.cos(turn) + b * Math.sin(turn), -(up * Math.cos(tilt) + depth * Math.sin(tilt))];
}

const dot = (a: Vector, b: Vector) => a.reduce((sum, each, i) => sum + each * b[i], 0);
const scaled = (v: Vector, by: number) => v.map((each) => each * by);
const minus = (a: Vector, b: Vector) => a.map((each, i) => each - b[i]);
const cross = ([a, b, c]: Vector, [d, e, f]: Vector) => [b * f - c * e, c * d - a * f, a * e - b * d];
const length = (v: Vector) => root(dot(v, v));

const radius = root(3);
const reach = 2.9;

/** Three values as a point in space: x̂, g, what a norm takes out of g, and what it leaves. */
export function Space({ shown, paths }: { shown: Explanation; paths: Standardization }) {
  const { xHat, g, viaMean, viaVariance, energy, sets } = paths;
  const { sigma } = sets[0];
  const left = scaled(shown.dx, sigma);
  const afterMean = viaMean ? minus(g, scaled(viaMean, -sigma)) : g;
  const size = length(xHat);
  const along = size > 1e-6 ? scaled(xHat, 1 / size) : null;
  const hasPlane = viaMean !== null;
  const line = hasPlane && viaVariance && along ? cross(one, along) : null;
  const says =
    `g, x̂ and what is left of g, drawn in three dimensions: ${percent(energy.kept)} of its energy is left` +
    (line ? ', on the line orthogonal to 1 and to x̂.' : '.');
  return (
    <figure class="space">
      <svg viewBox="-3.6 -3.6 7.2 6.5" role="img" aria-label={says}>
        <defs>
          <marker
            id="tip"
            viewBox="0 0 10 10"
            refX="9"
            refY="5"
            markerWidth="6"
            markerHeight="6"
            orient="auto"
          >
            <path d="M0 0 10 5 0 10z" fill="context-stroke" />
          </marker>
        </defs>
        {hasPlane && (
          <>
            <path class="plane" d={circle(reach, u, w)} />
            <path class="home" d={circle(radius, u, w)} />
            <Line class="axis" from={scaled(one, -1.2)} to={scaled(one, 3.1)} />
            <Word at={scaled(one, 3.1)} text="1" />
          </>
        )}
        {!hasPlane && viaVariance && along && (
          <>
            <path class="plane" d={circle(reach, ...across(along))} />
            <circle class="home" cx="0" cy="0" r={radius} />
          </>
        )}
        {line && <Line class="line-left" from={scaled(line, -reach)} to={scaled(line, reach)} />}
        <g class="n-xhat">
          <Line class="arrow xhat" from={[0, 0, 0]} to={xHat} tip />
          <Word at={xHat} text="x̂" />
        </g>
        {viaMean && <Line class="taken viamean n-viamean" from={g} to={afterMean} />}
        {viaVariance && <Line class="taken viavariance n-viavariance" from={afterMean} to={left} />}
        <g class="n-g">
          <Line class="arrow g" from={[0, 0, 0]} to={g} tip />
          <Word at={g} text="g" />
        </g>
        <g class="n-dx">
          <Line class="arrow left" from={[0, 0, 0]} to={left} tip />
          <Word at={left} text="left" />
        </g>
      </svg>
      <figcaption>
        {hasPlane
          ? 'Grey: the plane orthogonal to 1. In it, the circle of radius √3, on which x̂ always lies. '
          : viaVariance
            ? 'The circle: the sphere of radius √3, on which x̂ always lies. Grey: the plane orthogonal to x̂. '
            : ''}
        {line && 'Dashed line: orthogonal to 1 and to x̂, all that is left. '}
        {viaVariance && 'Dotted: what is taken from g. '}dx is what is left, divided by{' '}
        {hasPlane || !viaVariance ? 'σ' : 'r'}.
      </figcaption>
    </figure>
  );
}

interface LineProps {
  class: string;
  from: Vector;
  to: Vector;
  tip?: boolean;
}

/** No tip where there is no length: it would point anywhere. */
function Line({ class: name, from, to, tip = false }: LineProps) {
  const [[x1, y1], [x2, y2]] = [project(from), project(to)];
  const marker = tip && Math.hypot(x2 - x1, y2 - y1) > 0.15 ? 'url(#tip)' : undefined;
  return <line class={name} {...{ x1, y1, x2, y2 }} marker-end={marker} />;
}

/** A little beyond the tip of a vector. */
function Word({ at, text }: { at: Vector; text: string }) {
  const [x, y] = project(at);
  const far = Math.hypot(x, y) || 1;
  const beyond = 1 + 0.32 / far;
  return (
    <text
      x={x * beyond}
      y={y * beyond + 0.1}
      text-anchor={x / far > 0.5 ? 'start' : x / far < -0.5 ? 'end' : 'middle'}
    >
      {text}
    </text>
  );
}

/** Two directions orthogonal to one of length 1 and to each other. */
function across(direction: Vector): [Vector, Vector] {
  const start = Math.abs(direction[0]) < 0.8 ? [1, 0, 0] : [0, 1, 0];
  const first = minus(start, scaled(direction, dot(start, direction)));
  const second = scaled(first, 1 / length(first));
  return [second, cross(direction, second)];
}

function circle(size: number, a: Vector, b: Vector): string {
  const points = Array.from({ length: 73 }, (_, i) => {
    const angle = (i * Math.PI) / 36;
    const [x, y] = project(a.map((each, k) => size * (each * Math.cos(angle) + b[k] * Math.sin(angle))));
    return `${x.toFixed(3)} ${y.toFixed(3)}`;
  });
  return `M${points.join('L')}Z`;
}
