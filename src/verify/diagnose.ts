import type { Numbers, SetView } from '../kernels/contract.ts';

/** One standardization, and a dx that is wrong. */
export interface Diagnosis {
  x: Numbers;
  /** The upstream dL/dy. */
  dy: Numbers;
  view: SetView;
  /** [g * k]; null: 1. */
  gamma: Numbers | null;
  eps: number;
  centred: boolean;
  /** Statistics [n * g] that are constants (evaluation); null: computed from x. */
  given: { mean: Numbers; variance: Numbers } | null;
  analytic: Float64Array;
  numeric: Float64Array;
}

/** The three paths of one set's gradient, for the upstream g or for dy without gamma. */
interface Paths {
  direct: number;
  mean: number;
  variance: number;
}

/** What a wrong backward pass computes: from the paths with gamma inside (g), and with gamma pulled out (dy). */
interface Mistake {
  says: string;
  dx: (g: Paths, dy: Paths, gamma: number, m: number) => number;
}

const training: readonly Mistake[] = [
  { says: 'looks like the mean path is missing', dx: (g) => g.direct + g.variance },
  { says: 'looks like the variance path is missing', dx: (g) => g.direct + g.mean },
  {
    says: 'looks like the statistics were taken as constants (both paths are missing)',
    dx: (g) => g.direct,
  },
  {
    says: 'looks like gamma was pulled out of the means: g = gamma dy must come before them',
    dx: (_, dy, gamma) => gamma * (dy.direct + dy.mean + dy.variance),
  },
  {
    says: 'looks like gamma is missing: g = gamma dy',
    dx: (_, dy) => dy.direct + dy.mean + dy.variance,
  },
  {
    says: 'looks like the variance path has the sign wrong',
    dx: (g) => g.direct + g.mean - g.variance,
  },
  { says: 'looks like the mean path has the sign wrong', dx: (g) => g.direct - g.mean + g.variance },
];

const evaluation: readonly Mistake[] = [
  {
    says: 'looks like the paths through the statistics are there, but in evaluation these are constants',
    dx: (g) => g.direct + g.mean + g.variance,
  },
  { says: 'looks like gamma is missing: g = gamma dy', dx: (_, dy) => dy.direct },
];

/**
 * Which mistake gives this wrong dx? Every known one is computed from its own formula,
 *   dx = (1/sigma) ( g  -  mean(g)  -  xHat sum(g xHat) / (m - ddof) )        direct, mean and variance path
 * with a part left out or changed, and the one that comes within 1 % of the wrong part explains it. null: none does.
 */
export function diagnose(wrong: Diagnosis): string | null {
  const sets = wrong.given ? evaluation : training;
  const residual = distance(wrong.analytic, wrong.numeric);
  const candidates = [0, 1].flatMap((ddof) => sets.map((mistake) => ({ ddof, ...mistake })));
  const explained = candidates.map(({ says, dx, ddof }) => ({
    says,
    left: distance(wrong.analytic, everywhere(wrong, ddof, dx)),
  }));
  if (!wrong.given) explained.push(...wrongDdof(wrong));
  const best = explained.reduce((a, b) => (b.left < a.left ? b : a));
  return best.left < 0.01 * residual ? best.says : null;
}

/** The right formula for statistics that divide by the other of m and m - 1. */
function wrongDdof(wrong: Diagnosis) {
  const right: Mistake['dx'] = (g) => g.direct + g.mean + g.variance;
  const biased = everywhere(wrong, 0, right);
  const unbiased = everywhere(wrong, 1, right);
  const forwardIsUnbiased = distance(wrong.numeric, unbiased) < distance(wrong.numeric, biased);
  // sigma is the forward's in both; only the divisor of the variance path differs
  const swapped: Mistake['dx'] = (g, _, __, m) =>
    g.direct + g.mean + g.variance * (forwardIsUnbiased ? (m - 1) / m : m / (m - 1));
  return [
    {
      says: forwardIsUnbiased
        ? 'looks like the variance path divides by m, but the forward variance by m - 1'
        : 'looks like the variance path divides by m - 1, but the forward variance by m',
      left: distance(wrong.analytic, everywhere(wrong, forwardIsUnbiased ? 1 : 0, swapped)),
    },
  ];
}

/** A formula for dx, for every element. */
function everywhere(set: Diagnosis, ddof: number, dx: Mistake['dx']): Float64Array {
  const { x, dy, view, gamma, eps, centred, given } = set;
  const { n, p, g: groups, k } = view;
  const features = groups * k;
  const m = p * k;
  const result = new Float64Array(x.length);
  for (let s = 0; s < n * groups; s++) {
    const i = Math.floor(s / groups);
    const group = s % groups;
    const members = Array.from({ length: m }, (_, j) => {
      const feature = group * k + (j % k);
      return { at: (i * p + Math.floor(j / k)) * features + feature, gamma: gamma?.[feature] ?? 1 };
    });
    const sum = (of: (member: { at: number; gamma: number }) => number) =>
      members.reduce((total, member) => total + of(member), 0);
    const mean = given ? given.mean[s] : centred ? sum(({ at }) => x[at]) / m : 0;
    const variance = given ? given.variance[s] : sum(({ at }) => (x[at] - mean) ** 2) / (m - ddof);
    const sigma = Math.sqrt(variance + eps);
    const xHat = ({ at }: { at: number }) => (x[at] - mean) / sigma;
    const paths = (upstream: (member: { at: number; gamma: number }) => number) => {
      const meanPath = centred ? -sum(upstream) / m / sigma : 0;
      const slope = -sum((member) => upstream(member) * xHat(member)) / (m - ddof) / sigma;
      return (member: { at: number; gamma: number }): Paths => ({
        direct: upstream(member) / sigma,
        mean: meanPath,
        variance: slope * xHat(member),
      });
    };
    const ofG = paths((member) => member.gamma * dy[member.at]);
    const ofDy = paths((member) => dy[member.at]);
    for (const member of members) result[member.at] = dx(ofG(member), ofDy(member), member.gamma, m);
  }
  return result;
}

/** The Euclidean distance. */
function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}
