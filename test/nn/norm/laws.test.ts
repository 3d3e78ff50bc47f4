import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calculus, channelSets, defineNorm, groupSets, Norm, rule, type Tensor } from '../../../src/index.ts';
import { withForm } from '../../../src/nn/norm/core/fused.ts';
import { type NormEntry, registry } from '../../../src/nn/norm/registry.ts';
import { checkLaws } from '../../../src/verify/checkLaws.ts';
import { isFit, type LawSample, laws } from '../../../src/verify/laws.ts';
import { formsOf } from './layers.ts';

/** Shapes with everything odd that fits: N = 1, H != W, C not a multiple of 4, one group, groups = C. */
const samples: fc.Arbitrary<LawSample> = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 1, max: 7 }),
    fc.nat(),
    fc.nat(),
  )
  .map(([n, h, w, c, which, seed]) => {
    const divisors = Array.from({ length: c }, (_, i) => i + 1).filter((g) => c % g === 0);
    return { shape: [n, h, w, c], options: { groups: divisors[which % divisors.length] }, seed };
  });

describe.each(laws)('$id: $says', (law) => {
  for (const entry of registry.filter(law.applies)) {
    test.each(formsOf(entry))(`${entry.name}, %s`, (form) => {
      fc.assert(
        fc.property(samples, (sample) => {
          fc.pre(isFit(law, entry, sample));
          withForm(form, () => law.check(entry, sample));
        }),
        { numRuns: 40, seed: 20261122 },
      );
    });
  }
});

/** A norm over each sample whose paths, and whatever it does besides, are given: the laws must see what is wrong. */
function broken(
  change: {
    y?: (y: calculus.Values) => calculus.Values;
    paths?: (
      g: calculus.Values,
      mean: calculus.Values,
      along: calculus.Values,
    ) => Record<string, calculus.Values>;
    eps?: number;
  },
  more: Partial<NormEntry> = {},
) {
  const { add, div, mean, mul, neg, sqrt, square, sub } = calculus;
  class Broken extends Norm {
    constructor(readonly eps: number) {
      super();
    }

    forward(x: Tensor): Tensor {
      return rule('broken', groupSets(x.shape, 1), { x }, {}, ({ x }, norm) => {
        const mu = norm.statistic('mu', () => mean(x));
        const centred = sub(x, mu);
        const sigma = norm.statistic('v', () => mean(square(centred)));
        const s = sqrt(add(sigma, change.eps ?? this.eps));
        const xHat = div(centred, s);
        return [
          change.y?.(xHat) ?? xHat,
          (dy) => {
            const g = div(dy, s);
            const parts = { mu: neg(mean(g)), v: neg(mul(xHat, mean(mul(g, xHat)))) };
            return { x: () => norm.paths({ direct: g, ...(change.paths?.(g, parts.mu, parts.v) ?? parts) }) };
          },
        ];
      }).y;
    }
  }
  return defineNorm({
    name: 'broken',
    view: (shape) => groupSets(shape, 1),
    centred: true,
    build: (_, { eps = 1e-5 }: { eps?: number }) => new Broken(eps),
    ...more,
  }) as NormEntry;
}

describe('a law that does not hold is said', () => {
  const failed = (entry: NormEntry) => checkLaws(entry, { samples: 8 }).filter(({ passed }) => !passed);

  test('and all hold for what is right', () => {
    const lawsOf = (entry: NormEntry) => checkLaws(entry, { samples: 8 }).map(({ law }) => law);
    expect(lawsOf(broken({}))).toEqual(['T1', 'T2', 'T3', 'T4', 'T5', 'T5', 'T6', 'T9', 'T9', 'T10']);
    expect(failed(broken({}))).toEqual([]);
    // One whose eps nobody can choose is not asked what becomes of it
    expect(lawsOf(broken({ eps: 1e-5 }))).toEqual(['T1', 'T3', 'T5', 'T6', 'T9', 'T10']);
    expect(failed(broken({ eps: 1e-5 }))).toEqual([]);
  });

  test('a path that is missing: T1 says by how much', () => {
    const [row] = failed(broken({ paths: (_, __, v) => ({ v }) }));
    expect(row).toMatchObject({ norm: 'broken', form: 'written', law: 'T1', passed: false });
    expect(row.why).toMatch(
      /^the sum of dx over a set is -?[\d.e+-]+, expected 0\.00 \(x \[\d, \d, \d, \d\]/,
    );
  });

  test('a gradient that is not linear, a sample that sees others, values that are not finite', () => {
    const lawsOf = (entry: NormEntry) => failed(entry).map(({ law }) => law);
    expect(
      lawsOf(broken({ paths: (g, mu, v) => ({ mu, v: calculus.add(v, calculus.square(g)) }) })),
    ).toContain('T3');
    const seesOthers = { y: (y: calculus.Values) => calculus.add(y, calculus.over('npgk').mean(y)) };
    expect(lawsOf(broken(seesOthers, { view: null }))).toEqual(['T6']);
    const batch = broken({}, { dependsOnBatch: 'training', view: (shape) => channelSets(shape) });
    expect(failed(batch).find(({ law }) => law === 'T6')!.why).toContain("dependsOnBatch is 'training'");
    const infinite = failed(broken({ y: (y) => calculus.div(1, y) }, { view: null }));
    expect(infinite[0]).toMatchObject({ law: 'T9', why: expect.stringMatching(/^of zeros, y is Infinity/) });
  });
});
