import { describe, expect, test } from 'vitest';
import { record, type Tensor } from '../../src/autograd/index.ts';
import { reference } from '../../src/kernels/reference/reference.ts';
import { Norm } from '../../src/nn/norm/core/norm.ts';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import { type NormEntry, registry } from '../../src/nn/norm/registry.ts';
import { type GradcheckRow, gradcheckNorm } from '../../src/verify/index.ts';

type BackwardInput = Parameters<typeof reference.standardizeBackward>[0];
type Break = (input: BackwardInput) => { dx: Float64Array } & Partial<{ dgamma: Float64Array }>;

/** A norm of the registry whose backward pass is broken: `dx` and `dgamma` are replaced by those of `broken`. */
function brokenCopy(name: string, broken: Break, ddof: 0 | 1 = 0): NormEntry {
  const entry = findNorm(name);
  class Broken extends Norm {
    readonly inner: Norm;
    readonly gamma: Tensor | null;
    readonly beta: Tensor | null;
    readonly runningMean: Tensor | null;
    readonly runningVar: Tensor | null;

    constructor(
      features: number,
      readonly settings: Parameters<NormEntry['build']>[1],
    ) {
      super();
      this.inner = entry.build(features, settings);
      const tensors = this.inner.namedTensors();
      this.gamma = tensors.get('gamma') ?? null;
      this.beta = tensors.get('beta') ?? null;
      this.runningMean = tensors.get('runningMean') ?? null;
      this.runningVar = tensors.get('runningVar') ?? null;
    }

    override namedModules() {
      return new Map([['', this as Norm]]);
    }

    forward(x: Tensor): Tensor {
      const { gamma, beta, runningMean, runningVar } = this;
      const view = entry.view!(x.shape, this.settings);
      const options = { eps: 1e-5, epsInside: true, ddof, center: entry.centred };
      const evaluates = !this.training && runningMean && runningVar;
      const given = evaluates ? { mean: runningMean, variance: runningVar } : null;
      const { y, statistics } = reference.standardize({ x, view, gamma, beta, options, given });
      return record('broken', y, [x, gamma, beta], (dy) => {
        const through = { mean: !given, variance: !given };
        const needs = { x: true, gamma: true, beta: true, residual: false };
        const input = { dy, x, y, view, gamma, options, statistics, through, needs };
        const right = reference.standardizeBackward(input);
        const wrong = broken(input);
        return [
          { shape: x.shape, data: wrong.dx },
          gamma && { shape: gamma.shape, data: wrong.dgamma ?? right.dgamma!.data },
          beta && { shape: beta.shape, data: right.dbeta!.data },
        ];
      });
    }
  }
  return { ...entry, fused: false, build: (features, settings) => new Broken(features, settings) };
}

/** dx of the core, with the given changes to what it is asked. */
function dxWith(input: BackwardInput, changes: Partial<BackwardInput>): Float64Array {
  return Float64Array.from(reference.standardizeBackward({ ...input, ...changes }).dx!.data);
}

function dxOf(rows: GradcheckRow[], mode: GradcheckRow['mode'] = 'train'): GradcheckRow {
  return rows.find((row) => row.tensor === 'dx' && row.mode === mode)!;
}

describe('the norms themselves', () => {
  test.each(registry.map((entry) => entry.name))('%s passes', (name) => {
    const rows = gradcheckNorm(findNorm(name));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row, JSON.stringify(row)).toMatchObject({ norm: name, passed: true, looksLike: null });
      expect(row.maxRel).toBeLessThan(1e-7);
    }
  });

  test('batch statistics and running ones are checked, and every parameter', () => {
    const rows = gradcheckNorm(findNorm('batch'));
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
  const says = (broken: Break, ddof?: 0 | 1) => {
    const rows = gradcheckNorm(brokenCopy(name, broken, ddof));
    const dx = dxOf(rows);
    expect(dx.passed).toBe(false);
    return dx.looksLike;
  };

  test('without a path: says which', () => {
    const without = (mean: boolean, variance: boolean) =>
      says((input) => ({ dx: dxWith(input, { through: { mean, variance } }) }));
    expect(without(false, true)).toMatch(/mean path is missing/);
    expect(without(true, false)).toMatch(/variance path is missing/);
    expect(without(false, false)).toMatch(/statistics were taken as constants/);
  });

  test('without gamma', () => {
    expect(says((input) => ({ dx: dxWith(input, { gamma: null }) }))).toMatch(/gamma is missing/);
  });

  test.runIf(name === 'layer' || name === 'group')('with gamma pulled out of the means', () => {
    const broken: Break = (input) => {
      const { k, g } = input.view;
      const dx = dxWith(input, { gamma: null });
      return { dx: dx.map((value, i) => value * input.gamma!.data[i % (g * k)]) };
    };
    expect(says(broken)).toMatch(/gamma was pulled out of the means/);
  });

  test('with the wrong divisor', () => {
    const divideBy = (ddof: 0 | 1): Break => {
      return (input) => ({ dx: dxWith(input, { options: { ...input.options, ddof } }) });
    };
    expect(says(divideBy(1), 0)).toMatch(/divides by m - 1, but the forward variance by m$/);
    expect(says(divideBy(0), 1)).toMatch(/divides by m, but the forward variance by m - 1$/);
  });

  test('in a way that is not known: says nothing', () => {
    const noise: Break = (input) => ({ dx: dxWith(input, {}).map((value, i) => value + 0.1 * Math.sin(i)) });
    expect(says(noise)).toBeNull();
  });
});

test('evaluation that projects the batch out, as five frameworks once did', () => {
  const through = { mean: true, variance: true };
  const rows = gradcheckNorm(brokenCopy('batch', (input) => ({ dx: dxWith(input, { through }) })));
  expect(dxOf(rows, 'train').passed).toBe(true);
  const dx = dxOf(rows, 'eval');
  expect(dx.passed).toBe(false);
  expect(dx.looksLike).toMatch(/in evaluation these are constants/);
});

test('a wrong dgamma fails by itself', () => {
  const rows = gradcheckNorm(
    brokenCopy('group', (input) => {
      const { dx, dgamma } = reference.standardizeBackward(input);
      const wrong = Float64Array.from(dgamma!.data);
      wrong[1] += 0.5;
      return { dx: Float64Array.from(dx!.data), dgamma: wrong };
    }),
  );
  expect(rows.filter((row) => !row.passed)).toMatchObject([{ tensor: 'dgamma', at: [1], looksLike: null }]);
});
