import { type ScaleLogarithmic, scaleLinear, scaleLog } from 'd3-scale';
import { evenLabels, formatNumber, powerLabels } from './tickLabels.ts';

/** `category` gives every value the same room, in the order of their first appearance: batch sizes 32, 16, 8, 4, 2. */
export type ScaleType = 'linear' | 'log10' | 'log2' | 'category';

export interface Axis {
  label: string;
  unit?: string;
  /** Default linear. */
  type?: ScaleType;
  /** The least and the greatest value shown; by default those of the data. Not for categories. */
  domain?: readonly [number, number];
  /** Of the categories 0, 1, 2, …, which then all have their place, whether or not anything lies there. */
  names?: readonly string[];
  /** Greatest value first. */
  reverse?: boolean;
}

interface Tick {
  /** Place along the axis: 0 its beginning, 1 its end. */
  at: number;
  label: string;
}

export interface Scale {
  /** Place of a value along the axis, 0 to 1 within the domain; NaN for what has no place (NaN; 0 on a log axis). */
  place(value: number): number;
  ticks: Tick[];
}

export interface ScaleOptions {
  /** About how many ticks. */
  tickCount: number;
  /** Widen the domain to whole ticks. */
  nice?: boolean;
}

/**
 * Whether a chart can show this number: NaN and infinity are gaps, and so are numbers near the end of the range of
 * doubles, between which no distance can be computed.
 */
export function isDrawable(value: number): boolean {
  return Math.abs(value) < 1e300;
}

/** A scale on which all of `values` have a place, with ticks at round numbers. */
export function createScale(axis: Axis, values: readonly number[], options: ScaleOptions): Scale {
  const scale = unreversed(axis, values.filter(isDrawable), options);
  if (!axis.reverse) return scale;
  return {
    place: (value) => 1 - scale.place(value),
    ticks: scale.ticks.map(({ at, label }) => ({ at: 1 - at, label })).reverse(),
  };
}

function unreversed(axis: Axis, values: number[], options: ScaleOptions): Scale {
  switch (axis.type ?? 'linear') {
    case 'linear':
      return linearScale(axis.domain ?? extent(values), values, options);
    case 'log10':
      return logScale(10, axis.domain, values.filter(isLogDrawable), options);
    case 'log2':
      return logScale(2, axis.domain, values.filter(isLogDrawable), options);
    case 'category':
      return categoryScale(values, axis.names);
  }
}

function categoryScale(values: number[], names?: readonly string[]): Scale {
  const categories = names ? names.map((_, i) => i) : [...new Set(values)];
  const places = new Map(categories.map((value, i) => [value, (i + 0.5) / categories.length]));
  return {
    place: (value) => places.get(value) ?? Number.NaN,
    ticks: [...places].map(([value, at]) => ({ at, label: names?.[value] ?? formatNumber(value) })),
  };
}

function linearScale(domain: readonly [number, number], values: number[], options: ScaleOptions): Scale {
  const scale = scaleLinear().domain(widenConstant(domain));
  if (options.nice) scale.nice(options.tickCount);
  const ticks = scale.ticks(options.tickCount);
  // Half an epoch is no tick.
  const shown = values.every(Number.isInteger) ? ticks.filter(Number.isInteger) : ticks;
  return {
    place: (value) => (isDrawable(value) ? scale(value) : Number.NaN),
    ticks: evenLabels(shown).map((label, i) => ({ at: scale(shown[i]), label })),
  };
}

function logScale(base: 2 | 10, domain: Axis['domain'], values: number[], options: ScaleOptions): Scale {
  const [least, greatest] = domain ?? (values.length > 0 ? extent(values) : [1, base]);
  if (!(least > 0)) throw new Error(`A log axis starts above 0; its domain is [${least}, ${greatest}].`);
  const margin = greatest / least > 1 + 1e-9 ? 1 : Math.sqrt(base);
  const scale = scaleLog([least / margin, greatest * margin], [0, 1]).base(base);
  // Whole powers only where the data spans a few of them: 0.3 … 0.5 should not become 0.1 … 1.
  if (options.nice && greatest / least > base) scale.nice();
  const powers = powerTicks(scale, base, options.tickCount);
  const ticks = powers.length > 1 ? powers : scaleLinear(scale.domain(), [0, 1]).ticks(options.tickCount);
  const labels = powers.length > 1 ? powerLabels(ticks, base) : evenLabels(ticks);
  return {
    place: (value) => (isLogDrawable(value) ? scale(value) : Number.NaN),
    ticks: ticks.map((value, i) => ({ at: scale(value), label: labels[i] })),
  };
}

/** The powers of the base, or some of them; of ten, also 2 and 5 times its powers where these are few. */
function powerTicks(scale: ScaleLogarithmic<number, number>, base: 2 | 10, count: number): number[] {
  const log = base === 10 ? Math.log10 : Math.log2;
  const [low, high] = scale.domain().map(log);
  const digits = base === 10 && high - low < 2.5 ? [1, 2, 5] : [1];
  // Asked for more than two ticks per power, d3 gives evenly spaced ones instead of powers.
  return scale
    .ticks(Math.min(count, 2 * Math.floor(high - low + 1e-9)))
    .filter((value) => digits.includes(Math.round(value / base ** Math.floor(log(value) + 1e-9))));
}

/** On a log axis the smallest numbers are gaps, too: the next power below them would be 0. */
function isLogDrawable(value: number): boolean {
  return isDrawable(value) && value > 1e-300;
}

function extent(values: number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0], sorted.at(-1)!];
}

/** A constant series gets room above and below. So does one whose spread is rounding error. */
function widenConstant([low, high]: readonly [number, number]): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * 1e-9 && high - low > 1e-290) return [low, high];
  const margin = size > 1e-280 ? size * 0.05 : 1;
  return [low - margin, high + margin];
}
