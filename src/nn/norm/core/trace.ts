import { type NDArray, sizeOf } from '../../../kernels/contract.ts';
import type { Standard } from './conventions.ts';
import { type Expression, Writer } from './writer.ts';

/** What a rule says of itself for print. */
export interface Printed {
  /** Numbers that have a name. */
  numbers: Readonly<Record<string, number>>;
  standard?: Standard;
}

/**
 * What the written forms leave behind while somebody looks: the named steps with their numbers, how each was made, and the
 * paths of dx. `explain` and the pages print it; gradcheck holds statistics fixed in it. Nobody looks: nothing is kept.
 */
export class RuleTrace {
  /** Named values in the order of their computation: mu, v, sigma, xHat, y, then those of the backward pass. */
  readonly steps = new Map<string, NDArray>();
  /** The parts of dx by path; `fixed` ones did not count. */
  paths: ReadonlyMap<string, NDArray> = new Map();
  /** The numbers that x reaches L through: those that were computed from it. */
  readonly statistics = new Map<string, NDArray>();
  /** What counts as a constant by definition. */
  readonly constants = new Map<string, NDArray>();
  /** x as it is read, [n, p, g, k]. */
  readonly shape: readonly number[];
  /** What is printed by its name (`step`), only prints others by it (`input`), or is only printed. */
  readonly #log: { kind: 'input' | 'step' | 'result'; name: string; value: NDArray }[] = [];
  readonly #made = made;
  readonly #hold: ReadonlyMap<string, NDArray>;

  constructor(
    readonly rule: string,
    inputs: Readonly<Record<string, NDArray | null>>,
    readonly printed: Printed,
    hold: ReadonlyMap<string, NDArray>,
  ) {
    this.#hold = hold;
    this.shape = inputs.x?.shape ?? [];
    this.inputs(inputs);
  }

  /** Values that come from outside. */
  inputs(values: Readonly<Record<string, NDArray | null>>): void {
    for (const [name, value] of Object.entries(values))
      if (value) this.#log.push({ kind: 'input', name, value });
  }

  /** A value for each element of x, where it may have one for a whole set. */
  everywhere = ({ shape, data }: NDArray): Float64Array => {
    const [n, p, g, k] = this.shape;
    const stride = (axis: number) => (shape[axis] === 1 ? 0 : sizeOf(shape.slice(axis + 1)));
    const [ofN, ofP, ofG, ofK] = [0, 1, 2, 3].map(stride);
    return Float64Array.from({ length: n * p * g * k }, (_, i) => {
      const [ni, pi] = [Math.floor(i / (p * g * k)), Math.floor(i / (g * k)) % p];
      return data[ni * ofN + pi * ofP + (Math.floor(i / k) % g) * ofG + (i % k) * ofK];
    });
  };

  setStatistic(name: string, value: NDArray): void {
    this.statistics.set(name, value);
  }

  setConstant(name: string, value: NDArray): NDArray {
    this.constants.set(name, value);
    return value;
  }

  /** The value that a statistic is held at. */
  held(name: string): NDArray | undefined {
    return this.#hold.get(name);
  }

  name(steps: Readonly<Record<string, NDArray>>): void {
    for (const [name, value] of Object.entries(steps)) {
      this.steps.set(name, value);
      this.#log.push({ kind: 'step', name, value });
    }
  }

  setPaths(parts: Readonly<Record<string, NDArray>>, fixed: ReadonlySet<string>): void {
    this.paths = new Map(
      Object.entries(parts)
        .filter(([name]) => !fixed.has(name))
        .map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    for (const [name, value] of Object.entries(parts)) {
      if (!fixed.has(name)) this.#log.push({ kind: 'result', name: `dx, ${name}`, value });
    }
  }

  setGradient(name: string, value: NDArray): void {
    if (name !== 'x') this.#log.push({ kind: 'result', name: `d${name}`, value });
  }

  /** Each step in print, `(x - mu) / sigma`, by its name. */
  get formulas(): ReadonlyMap<string, string> {
    const writer = new Writer(this.#made, this.printed.numbers);
    const formulas = new Map<string, string>();
    for (const { kind, name, value } of this.#log) {
      if (kind !== 'input') formulas.set(name, writer.write(value));
      if (kind !== 'result') writer.name(name, value);
    }
    return formulas;
  }
}

/** How the values were made, while somebody looks. */
let made = new WeakMap<NDArray, Expression>();
let rules: RuleTrace[] | null = null;
let holds: readonly ReadonlyMap<string, NDArray>[] = [];

/**
 * Runs `fn` and returns what its rules left behind, in the order in which they ran. `hold[i]`: statistics of the i-th rule
 * that are not computed but have these values.
 */
export function traced<T>(
  fn: () => T,
  hold: readonly ReadonlyMap<string, NDArray>[] = [],
): { result: T; rules: RuleTrace[] } {
  const [outerRules, outerHolds, outerMade] = [rules, holds, made];
  const own: RuleTrace[] = [];
  rules = own;
  holds = hold;
  made = new WeakMap();
  try {
    return { result: fn(), rules: own };
  } finally {
    rules = outerRules;
    holds = outerHolds;
    made = outerMade;
  }
}

/** A rule begins; null while nobody looks. */
export function startRule(
  name: string,
  inputs: Readonly<Record<string, NDArray | null>>,
  printed: Printed,
): RuleTrace | null {
  if (!rules) return null;
  const trace = new RuleTrace(name, inputs, printed, holds[rules.length] ?? new Map());
  rules.push(trace);
  return trace;
}

export function noteStep(
  y: NDArray,
  op: string,
  args: Expression['args'],
  axes?: string,
  ddof?: number,
): void {
  if (rules) made.set(y, { op, args, axes, ddof });
}
