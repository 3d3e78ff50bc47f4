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

export interface Tick {
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

interface Mark {
  value: number;
  label: string;
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
      return logScale(10, axis.domain, values, options);
    case 'log2':
      return logScale(2, axis.domain, values, options);
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
  let [low, high] = widenConstant(domain);
  let step = niceStep((high - low) / options.tickCount);
  // Half an epoch is no tick.
  if (values.every(Number.isInteger)) step = Math.max(step, 1);
  if (options.nice) {
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
  }
  const at = (value: number) => (value - low) / (high - low);
  return {
    place: (value) => (isDrawable(value) ? at(value) : Number.NaN),
    ticks: linearTicks(low, high, step).map(({ value, label }) => ({ at: at(value), label })),
  };
}

function logScale(
  base: 2 | 10,
  domain: readonly [number, number] | undefined,
  values: number[],
  options: ScaleOptions,
): Scale {
  const log = base === 2 ? Math.log2 : Math.log10;
  const positive = values.filter((value) => value > 0);
  const [least, greatest] = domain ?? (positive.length > 0 ? extent(positive) : [1, base]);
  if (!(least > 0)) throw new Error(`A log axis starts above 0; its domain is [${least}, ${greatest}].`);
  let low = log(least);
  let high = log(greatest);
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  // Whole powers only where the data spans a few of them: 0.3 … 0.5 should not become 0.1 … 1.
  if (options.nice && high - low > 1) [low, high] = [Math.floor(low + 1e-9), Math.ceil(high - 1e-9)];
  const at = (value: number) => (log(value) - low) / (high - low);
  const isInside = ({ value }: Mark) => Math.abs(at(value) - 0.5) <= 0.5 + 1e-9;

  const stride = Math.max(1, Math.ceil((high - low) / options.tickCount));
  const multiples = base === 10 && high - low < 2.5 ? [1, 2, 5] : [1];
  // 1e-4, 1e-3, 1e-2: all in one notation, as soon as one of them needs the exponent.
  const needsExponent = base === 10 && (low < -3 - 1e-9 || high >= 6);
  const label = (value: number) =>
    needsExponent && value !== 1 ? shortExponent(value.toExponential(3)) : formatNumber(value);
  const powers: Mark[] = [];
  for (let power = Math.floor(low); power <= high; power += stride) {
    for (const multiple of multiples) {
      const value = multiple * base ** power;
      powers.push({ value, label: label(value) });
    }
  }
  let marks = powers.filter(isInside);
  if (marks.length < 2) {
    const [from, to] = [base ** low, base ** high];
    marks = linearTicks(from, to, niceStep((to - from) / options.tickCount)).filter(isInside);
  }
  return {
    place: (value) => (isDrawable(value) && value > 0 ? at(value) : Number.NaN),
    ticks: marks.map(({ value, label }) => ({ at: at(value), label })),
  };
}

function extent(values: number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** A constant series gets room above and below. So does one whose spread is rounding error. */
function widenConstant([low, high]: readonly [number, number]): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * 1e-9 && high - low > 1e-290) return [low, high];
  const margin = size > 1e-280 ? size * 0.05 : 1;
  return [low - margin, high + margin];
}

/** The next of 1, 2, 5 times a power of ten. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const multiple = step / power;
  const rounded = multiple <= 1.0001 ? 1 : multiple <= 2.0001 ? 2 : multiple <= 5.0001 ? 5 : 10;
  return rounded * power;
}

function linearTicks(low: number, high: number, step: number): Mark[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const significant = Math.min(15, Math.max(0, Math.ceil(Math.log10(size / step))));
  const label = (value: number) => {
    if (value === 0) return '0';
    return size >= 1e6 || decimals > 5
      ? shortExponent(value.toExponential(significant))
      : value.toFixed(decimals);
  };
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    // first + i may be -0.
    const value = (first + i) * step || 0;
    return { value, label: label(value) };
  });
}

/** A number as one writes it on an axis: 0.01, 32, 65536, 1e-4, 2.5e6. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return shortExponent(value.toExponential(3));
  return String(Number(value.toPrecision(6)));
}

/** 1.000e-4 -> 1e-4, 2.500e+6 -> 2.5e6 */
function shortExponent(text: string): string {
  return text
    .replace(/(\.\d*?)0+e/, '$1e')
    .replace('.e', 'e')
    .replace('e+', 'e');
}
