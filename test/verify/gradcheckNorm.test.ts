import { describe, expect, test } from 'vitest';
import { randn, relu, type Tensor } from '../../src/autograd/index.ts';
import {
  add,
  deviation,
  div,
  mean,
  mul,
  neg,
  square,
  sub,
  type Values,
} from '../../src/nn/norm/core/calculus.ts';
import type { Form } from '../../src/nn/norm/core/fused.ts';
import { affineParameters, Norm } from '../../src/nn/norm/core/norm.ts';
import { rule } from '../../src/nn/norm/core/rule.ts';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import type { NormEntry } from '../../src/nn/norm/registry.ts';
import { LayerNorm } from '../../src/nn/norm/sample/layerNorm.ts';
import { createRandom } from '../../src/random.ts';
import { type GradcheckRow, gradcheckNorm } from '../../src/verify/index.ts';
import { checkPaths } from '../../src/verify/pathCheck.ts';

/** Smaller than the default, for speed. */
const small = { shape: [2, 2, 3, 6], norm: { groups: 3 } };

/** What a standardization's backward has at hand. */
interface At {
  dy: Values;
  g: Values;
  gamma: Values | null;
  sigma: Values;
  xHat: Values;
  m: number;
}

type Paths = { direct: Values } & Record<string, Values>;
type Break = (right: Paths, at: At) => Partial<Paths> & { gamma?: Values };

/** The standardization of a norm of the registry, with a backward of which `broken` changes paths (undefined: left out). */
function brokenCopy(
  name: string,
  broken: Break,
  { ddof = 0, evaluates = false }: { ddof?: 0 | 1; evaluates?: boolean } = {},
): NormEntry {
  const entry = findNorm(name);
  class Broken extends Norm {
    readonly gamma: Tensor | null;
    readonly beta: Tensor | null;

    constructor(
      features: number,
      readonly settings: Parameters<NormEntry['build']>[1],
    ) {
      super();
      ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], settings.affine));
    }

    forward(x: Tensor): Tensor {
      const view = entry.view!(x.shape, this.settings);
      const { gamma, beta } = this;
      const zeros = { shape: [view.n * view.g], data: new Float64Array(view.n * view.g) };
      const ones = { shape: zeros.shape, data: zeros.data.map(() => 1) };
      const given = evaluates && !this.training ? { mu: zeros, v: ones } : {};
      const { y } = rule('broken', view, { x, gamma, beta }, { given }, ({ x, gamma, beta }, norm) => {
        const mu = norm.statistic('mu', () => mean(x));
        const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof));
        const { sigma } = deviation(v, { eps: 1e-5 });
        const xHat = div(sub(x, mu), sigma);
        return [
          add(mul(gamma, xHat), beta),
          (dy) => {
            const g = mul(gamma, dy);
            const right = {
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(xHat, mean(mul(g, xHat), ddof)), sigma)),
            };
            const { gamma: dgamma, ...changed } = broken(right, {
              dy,
              g,
              gamma,
              sigma,
              xHat,
              m: view.p * view.k,
            });
            const paths = Object.entries({ ...right, ...changed }).filter(([, path]) => path !== undefined);
            return {
              x: () => norm.paths(Object.fromEntries(paths) as Paths),
              gamma: () => dgamma ?? mul(dy, xHat),
              beta: () => dy,
            };
          },
        ];
      });
      return y;
    }
  }
  return { ...entry, fused: false, build: (features, settings) => new Broken(features, settings) };
}

function dxOf(
  rows: GradcheckRow[],
  mode: GradcheckRow['mode'] = 'train',
  form: Form = 'written',
): GradcheckRow {
  return rows.find((row) => row.tensor === 'dx' && row.mode === mode && row.form === form)!;
}

/** That all norms pass is in test/nn/norm/gradients.test.ts. */
describe('the norms themselves', () => {
  test('batch statistics and running ones are checked, and every parameter', () => {
    const rows = gradcheckNorm(findNorm('batch'), small);
    const tensors = ['dx', 'dgamma', 'dbeta'];
    const expected = ['train', 'eval'].flatMap((mode) =>
      ['written', 'fused'].flatMap((form) => tensors.map((tensor) => `${mode} ${form} ${tensor}`)),
    );
    expect(rows.map((row) => `${row.mode} ${row.form} ${row.tensor}`)).toEqual(expected);
  });

  test('the options reach the layer', () => {
    const rows = gradcheckNorm(findNorm('group'), {
      shape: [2, 7],
      norm: { groups: 7, affine: false },
      seed: 2,
    });
    expect(rows.map((row) => row.tensor)).toEqual(['dx', 'dx']);
    expect(rows[0].at).toHaveLength(2);
  });
});

/** Each break, and what gradcheck must say of it, for norms with all kinds of sets. */
describe.each(['batch', 'layer', 'instance', 'group'])('a broken %s', (name) => {
  const says = (broken: Break, ddof: 0 | 1 = 0) => {
    const dx = dxOf(gradcheckNorm(brokenCopy(name, broken, { ddof }), small));
    expect(dx.passed).toBe(false);
    return dx.looksLike;
  };

  test('without a path: says which', () => {
    expect(says(() => ({ mu: undefined }))).toBe('looks like the path through mu is missing');
    expect(says(() => ({ v: undefined }))).toBe('looks like the path through v is missing');
    expect(says(() => ({ mu: undefined, v: undefined }))).toBe(
      'looks like the path through mu is missing; the path through v is missing',
    );
  });

  test('with a sign or a factor wrong', () => {
    expect(says(({ v }) => ({ v: neg(v) }))).toBe('looks like the path through v has the sign wrong');
    expect(says(({ mu }, { m }) => ({ mu: mul(m, mu) }))).toMatch(
      /^looks like the path through mu is \d+ times what/,
    );
    expect(says(({ direct }, { sigma }) => ({ direct: mul(sigma, direct) }))).toBe(
      'looks like the direct path is wrong',
    );
  });

  test('with the wrong divisor', () => {
    const divideBy =
      (ddof: 0 | 1): Break =>
      (_, { g, xHat, sigma }) => ({
        v: neg(div(mul(xHat, mean(mul(g, xHat), ddof)), sigma)),
      });
    expect(says(divideBy(1), 0)).toMatch(/path through v is .* m and m - 1 are mixed up/);
    expect(says(divideBy(0), 1)).toMatch(/path through v is .* m and m - 1 are mixed up/);
  });

  test('without gamma, or with gamma pulled out of the means: the paths that have the means', () => {
    expect(says((_, { dy, sigma }) => ({ direct: div(dy, sigma) }))).toBe(
      'looks like the direct path is wrong',
    );
    if (name === 'batch' || name === 'instance') return; // there gamma is one number in a set
    const pulled: Break = (_, { dy, gamma, sigma }) => ({ mu: neg(div(mul(gamma, mean(dy)), sigma)) });
    expect(says(pulled)).toBe('looks like the path through mu is wrong');
  });
});

test('evaluation that projects the batch out, as five frameworks once did', () => {
  const projects: Break = (right, { g, sigma }) => ({
    direct: add(right.direct, neg(div(mean(g), sigma))),
    mu: undefined,
  });
  const rows = gradcheckNorm(brokenCopy('batch', projects, { evaluates: true }), small);
  expect(dxOf(rows, 'train').passed).toBe(true);
  const dx = dxOf(rows, 'eval');
  expect(dx.passed).toBe(false);
  expect(dx.looksLike).toBe('looks like the direct path is wrong');
});

test('a wrong dgamma fails by itself', () => {
  const rows = gradcheckNorm(brokenCopy('group', (_, { dy }) => ({ gamma: dy })));
  expect(rows.filter((row) => !row.passed)).toMatchObject([{ tensor: 'dgamma', looksLike: null }]);
});

describe('checkPaths, for a norm of one’s own', () => {
  const x = () => randn([5, 6], createRandom(1), { dtype: 'float64', requiresGrad: true });

  test('a right norm: every path, as written and by differences', () => {
    const norm = new LayerNorm(6).to('float64');
    const { looksLike, paths } = checkPaths((x) => norm.forward(x), x());
    expect(looksLike).toBeNull();
    expect(paths.map(({ path, m }) => [path, m])).toEqual([
      ['direct', 6],
      ['mu', 6],
      ['v', 6],
    ]);
    for (const { analytic, numeric } of paths) {
      for (const i of analytic.keys()) expect(analytic[i]).toBeCloseTo(numeric[i], 7);
    }
  });

  test.each([1e-9, 1, 1e9])('a wrong one, at x of %s', (size) => {
    const entry = brokenCopy('layer', ({ v }) => ({ v: neg(v) }));
    const norm = entry.build(6, {}).to('float64');
    const far = x();
    far.data.forEach((value, i) => {
      far.data[i] = size * value;
    });
    // eps is nothing beside x of 1e9, and everything beside 1e-9, where v counts for nothing
    const expected = size < 1 ? null : 'looks like the path through v has the sign wrong';
    expect(checkPaths((x) => norm.forward(x), far).looksLike).toBe(expected);
  });

  test('what has no paths is refused, and so is float32', () => {
    expect(() => checkPaths(relu, x())).toThrow(/not one norm.*gradcheck/s);
    expect(() => checkPaths(relu, randn([2], createRandom(1), { requiresGrad: true }))).toThrow(
      /must be float64.*got float32/,
    );
  });
});

test('a norm may be called by its name', () => {
  expect(gradcheckNorm('rms', small).every(({ verdict }) => verdict === 'passed')).toBe(true);
});
