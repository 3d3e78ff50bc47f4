import { f64, i32, type ModuleBuilder } from '../../builder/index.ts';
import { reciprocalDeviation } from '../statistics.ts';
import { reader } from '../task.ts';
import { joinCopies } from './sums.ts';
import { at8, eachFeature, load4Doubles, repeat, spread, tableAt } from './tables.ts';

/**
 * Between the passes: from the sums of the columns to the statistics of the sets, and from those to the coefficients of each
 * column. A few float64 operations for each set and feature of an image.
 */

/** What the sums of moments.ts are taken around: the first value of each column's set, rounded to float32. */
export function writeOrigins(m: ModuleBuilder) {
  return m.func('origins', { task: i32, image: i32, table: i32 }, (f, { task, image, table }) => {
    const { word, double } = reader(f, task);
    const k = word('setK');
    const x = f.let(word('x').plus(image.times(word('imageBytes'))));
    const center = f.let(double('center').toF32().splat());
    const sets = { groups: word('groups'), k, width: f.let(word('setStride').shrU(2)) };
    spread(
      f,
      table,
      sets,
      (set) => f.load4Splat(x.plus(set.times(k).shl(2))).times(center),
      (set) => f.load4(x.plus(set.shl(2))).times(center),
    );
  });
}

/** The statistics of an image's sets, from the sums of moments.ts. */
export function writeStatistics(m: ModuleBuilder) {
  return m.func('statistics', { task: i32, image: i32, sums: i32 }, (f, { task, image, sums }) => {
    const { word, double } = reader(f, task);
    const [groups, k] = [word('groups'), word('setK')];
    const x = f.let(word('x').plus(image.times(word('imageBytes'))));
    const means = f.let(at8(word('mean'), image.times(groups)));
    const variances = f.let(at8(word('variance'), image.times(groups)));
    const [center, perCount, perDegree] = [double('center'), double('perCount'), double('perDegree')];
    const width = f.let(word('setStride').shrU(2));
    const seconds = f.let(sums.plus(word('sumsBytes').shrU(1)));
    const features = f.let(groups.times(k));
    for (const each of [sums, seconds]) joinCopies(f, each, features, width);
    f.for(0, groups, 1, (set) => {
      const first = f.let(set.times(k));
      const last = f.let(first.plus(k));
      const sum = f.local(f64);
      const squares = f.local(f64);
      f.for(first, last, 1, (c) => {
        sum.set(sum.plus(f.loadF64(at8(sums, c))));
        squares.set(squares.plus(f.loadF64(at8(seconds, c))));
      });
      const shift = f.let(sum.times(center).times(perCount));
      const origin = f
        .loadF32(x.plus(first.shl(2)))
        .toF64()
        .times(center);
      f.storeF64(at8(means, set), origin.plus(shift));
      f.storeF64(at8(variances, set), squares.minus(shift.times(sum)).max(0).times(perDegree));
    });
  });
}

/** The tables of normalize.ts, from the statistics. */
export function writeForwardCoefficients(m: ModuleBuilder) {
  return m.func(
    'forwardCoefficients',
    { task: i32, image: i32, tables: i32 },
    (f, { task, image, tables }) => {
      const { word, double } = reader(f, task);
      const [groups, k, apart] = [word('groups'), word('k'), word('tableBytes')];
      const [gamma, beta] = [word('gamma'), word('beta')];
      const means = f.let(at8(word('mean'), image.times(groups)));
      const variances = f.let(at8(word('variance'), image.times(groups)));
      const [inside, outside] = [double('epsInside'), double('epsOutside')];
      const own = [0, 1, 2].map((t) => f.let(tableAt(tables, apart, t)));
      f.for(0, groups, 1, (set) => {
        const exact = f.let(f.loadF64(at8(means, set)));
        const rstd = reciprocalDeviation(f.loadF64(at8(variances, set)), inside, outside);
        const scale = f.let(rstd.toF32().splat());
        const mean = f.let(exact.toF32());
        const mu = f.let(mean.splat());
        const lost = f.let(exact.minus(mean.toF64()).toF32().splat());
        eachFeature(f, set, k, (at) => {
          const weight = f.let(f.load4(gamma.plus(at)).times(scale));
          f.store4(own[0].plus(at), mu);
          f.store4(own[1].plus(at), weight);
          f.store4(own[2].plus(at), weight.nmadd(lost, f.load4(beta.plus(at))));
        });
      });
      const width = f.let(word('stride').shrU(2));
      for (const table of own) repeat(f, table, word('features'), width);
    },
  );
}

/** Table 0: mu of each column, rounded to float32. */
export function writeMeanTable(m: ModuleBuilder) {
  return m.func('meanTable', { task: i32, image: i32, table: i32 }, (f, { task, image, table }) => {
    const { word } = reader(f, task);
    const groups = word('groups');
    const means = f.let(at8(word('mean'), image.times(groups)));
    const sets = { groups, k: word('k'), width: f.let(word('stride').shrU(2)) };
    spread(
      f,
      table,
      sets,
      (set) => f.loadF64(at8(means, set)).toF32().splat(),
      (set) => load4Doubles(f, f.let(at8(means, set))),
    );
  });
}

/**
 * From the column sums of reduce.ts (sum d and sum d (x - mu), d = dy behind the relu) to dgamma and dbeta, which are added
 * to float64 `gradients`, and to the tables of gradient.ts:
 *   dx = rstd [ g - mean(g) - xHat sum(g xHat) ratio / (m - c) ],  g = gamma d
 *      = A d + B (x - mu) + C
 * with ratio = sigma / s for eps outside the root (NORMS.md B2; 0 at s = 0), else 1.
 */
export function writeBackwardCoefficients(m: ModuleBuilder) {
  return m.func(
    'backwardCoefficients',
    { task: i32, image: i32, sums: i32, tables: i32, gradients: i32 },
    (f, { task, image, sums, tables, gradients }) => {
      const { word, double } = reader(f, task);
      const [groups, k, apart] = [word('groups'), word('k'), word('tableBytes')];
      const gamma = word('gamma');
      const means = f.let(at8(word('mean'), image.times(groups)));
      const variances = f.let(at8(word('variance'), image.times(groups)));
      const [inside, outside] = [double('epsInside'), double('epsOutside')];
      const throughMean = f.let(double('throughMean').times(double('perCount')));
      const throughVariance = f.let(double('throughVariance').times(double('perDegree')));
      const alone = f.let(word('count').eq(1).and(throughMean.gt(0)));
      const reduces = word('reduces');
      const features = word('features');
      const width = f.let(word('stride').shrU(2));
      const seconds = f.let(sums.plus(word('sumsBytes').shrU(1)));
      const own = [0, 1, 2, 3].map((t) => f.let(tableAt(tables, apart, t)));
      f.if(reduces, () => {
        for (const each of [sums, seconds]) joinCopies(f, each, features, width);
      });

      f.for(0, groups, 1, (set) => {
        const mean = f.let(f.loadF64(at8(means, set)));
        const variance = f.let(f.loadF64(at8(variances, set)));
        const rstd = f.let(reciprocalDeviation(variance, inside, outside));
        const rounded = f.let(mean.toF32());
        const lost = f.let(mean.minus(rounded.toF64()));
        const meanG = f.local(f64);
        const slope = f.local(f64);
        f.if(reduces, () => {
          const first = f.let(set.times(k));
          f.for(first, first.plus(k), 1, (c) => {
            const dbeta = f.let(f.loadF64(at8(sums, c)));
            const dgamma = f.let(f.loadF64(at8(seconds, c)).minus(lost.times(dbeta)).times(rstd));
            const to = f.let(gradients.plus(c.shl(4)));
            f.storeF64(to, f.loadF64(to).plus(dgamma));
            f.storeF64(to, f.loadF64(to, 8).plus(dbeta), 8);
            const weight = f.let(f.loadF32(gamma.plus(c.shl(2))).toF64());
            meanG.set(meanG.plus(weight.times(dbeta)));
            slope.set(slope.plus(weight.times(dgamma)));
          });
          meanG.set(meanG.times(throughMean));
          slope.set(f.select(throughVariance.gt(0), slope.times(throughVariance), f64(0)));
          f.if(outside.gt(0), () => {
            // sigma / s, where s = sqrt(v) is what eps outside the root is added to.
            const s = f.let(variance.sqrt());
            slope.set(slope.times(f.select(s.gt(0), s.plus(outside).div(s), f64(0))));
          });
        });
        const b = f.let(rstd.times(rstd).times(slope).neg());
        // In a set of one, g - mean(g) is exactly 0, which A d + C would miss by a rounding times 1 / eps.
        const direct = f.let(f.select(alone, f64(0), rstd));
        const constant = direct.times(meanG).plus(b.times(lost)).neg();
        const [mu, A, B, C] = [rounded, direct.toF32(), b.toF32(), constant.toF32()].map((value) =>
          f.let(value.splat()),
        );
        eachFeature(f, set, k, (at) => {
          f.store4(own[0].plus(at), mu);
          f.store4(own[1].plus(at), f.load4(gamma.plus(at)).times(A));
          f.store4(own[2].plus(at), B);
          f.store4(own[3].plus(at), C);
        });
      });
      for (const table of own) repeat(f, table, features, width);
    },
  );
}
