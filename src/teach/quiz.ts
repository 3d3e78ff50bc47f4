import type { NormEntry } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';
import { evaluate, type Names } from './expression.ts';
import { standardizationOf } from './paths.ts';
import { createSubject, numericDx, type Subject } from './subject.ts';

/** A forward and a backward pass with one line missing, and the numbers to try an answer on. */
export interface Question {
  norm: string;
  title: string;
  /** What an answer may use, with its numbers: one index set. */
  names: Names;
  forward: string[];
  backward: string[];
  hints: string[];
  solution: string;
}

export interface Verdict {
  /** The finite differences agree, on the shown numbers and on others. */
  right: boolean;
  maxDiff: number;
  /** The known mistake that gives this very dx; null: none does. */
  looksLike: string | null;
  /** dx as answered, and by finite differences, for the shown numbers. */
  answered: number[];
  numeric: number[];
}

/** Expressions that come up, and what is wrong with them. */
const centredMistakes: readonly [string, string][] = [
  ['(g - xHat * mean(g * xHat)) / sigma', 'the mean path is missing: x also moves mu'],
  ['(g - mean(g)) / sigma', 'the variance path is missing: x also moves sigma'],
  ['g / sigma', 'both statistics are taken for constants: x also moves mu and sigma'],
  [
    'gamma * (dy - mean(dy) - xHat * mean(dy * xHat)) / sigma',
    'gamma was pulled out of the means: it differs inside the set, so g = gamma dy comes first',
  ],
  ['(dy - mean(dy) - xHat * mean(dy * xHat)) / sigma', 'gamma is missing: g = gamma dy'],
  ['g - mean(g) - xHat * mean(g * xHat)', 'right but for 1 / sigma'],
  ['(g - mean(g) + xHat * mean(g * xHat)) / sigma', 'the variance path has the wrong sign'],
  ['(g + mean(g) - xHat * mean(g * xHat)) / sigma', 'the mean path has the wrong sign'],
  ['(g - sum(g) - xHat * sum(g * xHat)) / sigma', 'sums instead of means: each x_i has only 1/m of the mean'],
  ['(g - mean(g) - mean(g * xHat)) / sigma', 'the variance path goes along xHat: it is times xHat'],
  [
    '(g - mean(g) - xHat * sum(g * xHat) / (m - 1)) / sigma',
    'm - 1 belongs to the unbiased variance; here it is m',
  ],
  ['dy', 'that is the gradient that came in: it has not gone through the norm yet'],
];

const uncentredMistakes: readonly [string, string][] = [
  ['g / r', 'the path through r is missing: x also moves r'],
  [
    '(g - mean(g) - xHat * mean(g * xHat)) / r',
    'no mean was subtracted in the forward pass, so there is no mean path',
  ],
  [
    'gamma * (dy - xHat * mean(dy * xHat)) / r',
    'gamma was pulled out of the mean: it differs inside the set, so g = gamma dy comes first',
  ],
  ['(dy - xHat * mean(dy * xHat)) / r', 'gamma is missing: g = gamma dy'],
  ['g - xHat * mean(g * xHat)', 'right but for 1 / r'],
  ['(g + xHat * mean(g * xHat)) / r', 'the path through r has the wrong sign'],
  ['(g - xHat * sum(g * xHat)) / r', 'a sum instead of the mean: each x_i has only 1/m of it'],
  ['dy', 'that is the gradient that came in: it has not gone through the norm yet'],
];

/** Can the norm be asked for? Those that are one standardization can. */
export function hasQuiz(entry: NormEntry): boolean {
  return entry.view !== null && standardizationOf(subjectFor(entry, 0)) !== null;
}

export function questionFor(entry: NormEntry): Question {
  const subject = subjectFor(entry, 0);
  const names = namesOf(subject);
  const { centred, ddof, epsInside } = standardizationOf(subject)!;
  const s = centred ? 'sigma' : 'r';
  const [gamma, beta] = ['gamma', 'beta'].map((name) => name in names);
  const square = centred ? '(x - mu) ** 2' : 'x ** 2';
  const variance = ddof === 1 ? `sum(${square}) / (m - 1)` : `mean(${square})`;
  const paths = centred ? 'g - mean(g) - ' : 'g - ';
  const inner = ddof === 1 ? 'sum(g * xHat) / (m - 1)' : 'mean(g * xHat)';
  return {
    norm: entry.name,
    title: entry.title,
    names,
    forward: [
      ...(centred ? ['mu     = mean(x)'] : []),
      `${s.padEnd(6)} = ${epsInside ? `sqrt(${variance} + eps)` : `sqrt(${variance}) + eps`}`,
      `xHat   = ${centred ? '(x - mu)' : 'x'} / ${s}`,
      `y      = ${gamma ? 'gamma * ' : ''}xHat${beta ? ' + beta' : ''}`,
    ],
    backward: [
      ...(beta ? ['dbeta  = dy, summed over everything that shares a beta'] : []),
      ...(gamma ? ['dgamma = dy * xHat, summed over everything that shares a gamma'] : []),
      `g      = ${gamma ? 'gamma * dy' : 'dy'}`,
      'dx     = ?',
    ],
    hints: centred
      ? [
          'x_i moves y_i directly, and every y of the set through mu and through sigma: three terms.',
          'dx must sum to 0 over the set (a shift of x changes nothing), and be orthogonal to xHat (nor does a scaling).',
          'take g, subtract its mean, subtract its part along xHat, divide by sigma.',
        ]
      : [
          'x_i moves y_i directly, and every y of the set through r: two terms.',
          'dx must be orthogonal to xHat: scaling x changes nothing.',
          'take g, subtract its part along xHat, divide by r.',
        ],
    solution: `(${paths}xHat * ${inner}) / ${s}`,
  };
}

/** Judges an answer by a gradient check, on the shown numbers and on random ones. Throws ExpressionError. */
export function judge(entry: NormEntry, answer: string): Verdict {
  const expression = answer
    .trim()
    .replace(/^(?:(?:const|let)\s+)?dx\s*=(?!=)/, '')
    .replace(/;\s*$/, '');
  const subjects = [0, 1].map((variant) => subjectFor(entry, variant));
  const numeric = subjects.map(numericDx);
  const answers = subjects.map((subject) => asArray(expression, namesOf(subject)));
  const [shown, other] = answers.map((answer, i) => largestDifference(answer, numeric[i]));
  const scale = Math.max(...numeric.flat().map(Math.abs));
  const right = Math.max(shown, other) <= 1e-7 * scale;
  return {
    right,
    maxDiff: shown,
    looksLike: right ? null : mistakeBehind(answers, subjects),
    answered: answers[0],
    numeric: numeric[0],
  };
}

function mistakeBehind(answers: readonly number[][], subjects: readonly Subject[]): string | null {
  const known = subjects[0].entry.centred ? centredMistakes : uncentredMistakes;
  const found = known.find(([wrong]) =>
    subjects.every((subject, i) => {
      const value = asArray(wrong, namesOf(subject));
      return largestDifference(answers[i], value) <= 1e-9 * Math.max(...value.map(Math.abs));
    }),
  );
  return found ? found[1] : null;
}

/** One index set: the numbers that are shown (variant 0), or random ones. gamma differs inside it where the norm allows it. */
function subjectFor(entry: NormEntry, variant: number): Subject {
  const random = createRandom(`quiz ${variant}`);
  const numbers = () => Array.from({ length: 4 }, () => random.normal());
  const x = variant === 0 ? [1, 2, 3, 6] : numbers();
  const g = variant === 0 ? [0.5, -1, 0.25, 1] : numbers();
  const request = { x: [x], g: [g], groups: 1, ...(entry.kind === 'weight' ? { shape: [4, 1] } : {}) };
  const plain = createSubject(entry, request);
  const count = plain.layer.namedParameters().get('gamma')?.size;
  if (count !== 1 && count !== 4) return plain;
  const gamma = variant === 0 ? [1, 2, 1, 0.5] : numbers();
  return createSubject(entry, { ...request, gamma: count === 4 ? gamma : [gamma[1]] });
}

function namesOf(subject: Subject): Names {
  const { xHat, g, sets, eps, m, centred } = standardizationOf(subject)!;
  const [{ mean, sigma }] = sets;
  const learned = [...subject.layer.namedParameters()].map(([name, { data }]) => [
    name,
    Array.from({ length: m }, (_, i) => data[data.length === 1 ? 0 : i]),
  ]);
  return {
    dy: [...subject.upstream.data],
    g,
    x: [...subject.x.data],
    xHat,
    ...Object.fromEntries(learned),
    ...(centred ? { mu: mean, sigma } : { r: sigma }),
    eps,
    m,
  };
}

function asArray(text: string, names: Names): number[] {
  const value = evaluate(text, names);
  const { length } = names.dy as readonly number[];
  return typeof value === 'number' ? new Array<number>(length).fill(value) : [...value];
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((value, i) => Math.abs(value - b[i]));
  return differences.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(...differences);
}
