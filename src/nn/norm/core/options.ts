import { shown } from '../../../errors.ts';
import type { Shape } from '../../../kernels/contract.ts';
import { checkCount, checkOptions } from '../../../options.ts';
import type { NormOptions } from '../registry.ts';
import { detachable } from './conventions.ts';

/**
 * What the options of norms may be, each once, as src/train/settings.ts has it for the command line. A norm is built with the
 * options of all of them (`createNorm` takes one set for any norm) and reads its own; a name that none has is a mistake.
 */
interface Rule {
  must: string;
  holds: (value: unknown) => boolean;
}

const flag: Rule = { must: 'be true or false', holds: (value) => typeof value === 'boolean' };
const finite: Rule = { must: 'be a finite number', holds: (value) => Number.isFinite(value) };
const notNegative: Rule = {
  must: 'be a finite number of at least 0',
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
};
const least1: Rule = {
  must: 'be a number of at least 1',
  holds: (value) => typeof value === 'number' && value >= 1,
};
const count: Rule = {
  must: 'be a whole number of at least 1',
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};
const share: Rule = {
  must: 'be a number from 0 to 1',
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 1,
};
const rows: Rule = {
  must: 'be a list of rows of finite numbers',
  holds: (value) =>
    Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every(Number.isFinite)),
};

function oneOf(...names: readonly unknown[]): Rule {
  return { must: `be one of ${names.map(shown).join(', ')}`, holds: (value) => names.includes(value) };
}

function orNull({ must, holds }: Rule): Rule {
  return { must: `${must}, or null`, holds: (value) => value === null || holds(value) };
}

function quantiles(value: unknown): boolean {
  const many = (value as { quantiles?: unknown } | null)?.quantiles;
  return count.holds(many) && (many as number) <= 1e6;
}

function schedule(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { start, rEnd, dEnd } = value as Record<string, unknown>;
  return [start, rEnd, dEnd].every(notNegative.holds);
}

/** Does not compile while an option of a norm has no rule, or a rule no norm. */
const normOptionRules = {
  eps: notNegative,
  affine: flag,
  epsInside: flag,
  ddof: oneOf(0, 1),
  detachStatistics: oneOf(...detachable),
  momentum: orNull(share),
  decay: share,
  runningVar: oneOf('unbiased', 'biased'),
  trackRunningStats: flag,
  groups: count,
  channelsPerGroup: count,
  over: oneOf('shape', 'sample'),
  axes: {
    must: 'be a list of axes of x, whole numbers (negative: from the end), each once, such as [1, 2]',
    holds: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every(Number.isSafeInteger),
  },
  virtualBatch: count,
  topK: count,
  portion: finite,
  conditions: count,
  estimated: flag,
  rMax: least1,
  dMax: { ...notNegative, holds: (value) => typeof value === 'number' && value >= 0 },
  schedule: orNull({ must: 'be { start, rEnd, dEnd }, steps of at least 0', holds: schedule }),
  learnEps: flag,
  proxyEps: notNegative,
  expectation: {
    must: "be 'exact', 'gaussHermite' or { quantiles: n }",
    holds: (value) => value === 'exact' || value === 'gaussHermite' || quantiles(value),
  },
  size: count,
  alpha: finite,
  beta: finite,
  k: finite,
  divideAlpha: flag,
  meanPool: rows,
  variancePool: rows,
  initial: finite,
  activation: oneOf('identity', 'relu', 'gelu', 'silu'),
  iterations: {
    must: 'be a whole number from 0 to 1,000',
    holds: (value) => value === 0 || (count.holds(value) && (value as number) <= 1000),
  },
} satisfies Readonly<Record<keyof NormOptions, Rule>>;

const names = Object.keys(normOptionRules);

/** Throws unless the norm's options, and its features, are such as a norm can have. */
export function checkNorm(layer: string, features: unknown, options: object): void {
  checkCount(layer, 'features', features);
  checkNormOptions(layer, options);
}

/** The lengths of the axes that a norm is built for, [shape] of one number; throws where they or the options are none. */
export function lengthsOf(layer: string, shape: number | Shape, options: { axes?: Shape }): Shape {
  const lengths = typeof shape === 'number' ? [shape] : shape;
  if (!Array.isArray(lengths) || lengths.length === 0 || !lengths.every(count.holds)) {
    throw new Error(
      `${layer}: shape is the length of the last axis, or a list of those of the last axes, whole numbers of at least 1; got ${shown(shape)}.`,
    );
  }
  checkNormOptions(layer, options);
  const { axes } = options;
  if (axes === undefined || axes.length === lengths.length) return lengths;
  throw new Error(
    `${layer}(shape=[${lengths.join(', ')}], axes=[${axes.join(', ')}]): shape has the lengths of the axes, one for each.`,
  );
}

function checkNormOptions(layer: string, options: object): void {
  checkOptions(layer, options, names);
  for (const [name, value] of Object.entries(options)) {
    const { must, holds }: Rule = normOptionRules[name as keyof typeof normOptionRules];
    if (value !== undefined && !holds(value)) {
      throw new Error(`${layer}: ${name} must ${must}, got ${shown(value)}.`);
    }
  }
}
