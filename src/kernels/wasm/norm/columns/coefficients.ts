import { type FunctionBuilder, f64, type I32, i32, type ModuleBuilder } from '../../builder/index.ts';
import type { Reader } from '../../templates/parameters.ts';
import { at8 } from '../addresses.ts';
import { deviationFormula, gradientFormula, statisticsFormula } from '../formulas.ts';
import { joinCopies } from './sums.ts';
import { eachFeature, load4Doubles, repeat, spread, tableAt } from './tables.ts';
import { backwardTask, forwardTask } from './task.ts';

/**
 * Between the passes: from the sums of the columns to the statistics of the sets, and from those to the coefficients of each
 * column. A few float64 operations (../formulas.ts) for each set and feature of an image.
 */

/** The statistics of an image's sets. */
function statisticsOf(f: FunctionBuilder, { word }: Reader<'groups' | 'mean' | 'variance'>, image: I32) {
  const groups = word('groups');
  const means = f.let(at8(word('mean'), image.times(groups)));
  const variances = f.let(at8(word('variance'), image.times(groups)));
  return { groups, means, variances };
}

/** What the sums of moments.ts are taken around: the first value of each column's set, rounded to float32. */
export function writeOrigins(m: ModuleBuilder) {
  return m.func('origins', { task: i32, image: i32, table: i32 }, (f, { task, image, table }) => {
    const { word, double } = forwardTask.reader(f, task);
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
    const read = forwardTask.reader(f, task);
    const { word } = read;
    const { groups, means, variances } = statisticsOf(f, read, image);
    const k = word('setK');
    const x = f.let(word('x').plus(image.times(word('imageBytes'))));
    const statistics = statisticsFormula(f, read);
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
      const { mean, variance } = statistics(f.loadF32(x.plus(first.shl(2))), sum, squares);
      f.storeF64(at8(means, set), mean);
      f.storeF64(at8(variances, set), variance);
    });
  });
}

/** The tables of normalize.ts, from the statistics. */
export function writeForwardCoefficients(m: ModuleBuilder) {
  return m.func(
    'forwardCoefficients',
    { task: i32, image: i32, tables: i32 },
    (f, { task, image, tables }) => {
      const read = forwardTask.reader(f, task);
      const { word } = read;
      const { groups, means, variances } = statisticsOf(f, read, image);
      const [k, apart, gamma, beta] = [word('k'), word('tableBytes'), word('gamma'), word('beta')];
      const deviation = deviationFormula(f, read);
      const own = [0, 1, 2].map((t) => f.let(tableAt(tables, apart, t)));
      f.for(0, groups, 1, (set) => {
        const exact = deviation(f.loadF64(at8(means, set)), f.loadF64(at8(variances, set)));
        const scale = f.let(exact.rstd.toF32().splat());
        const mu = f.let(exact.mu.splat());
        const lost = f.let(exact.lost.toF32().splat());
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
    const { word } = backwardTask.reader(f, task);
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
 * From the column sums of gradientSums.ts (sum d and sum d (x - mu), d = dy behind the relu) to dgamma and dbeta, which are
 * added to float64 `gradients`, and to the tables of gradient.ts: dx = A d + B (x - mu) + C, where A has gamma in it.
 */
export function writeBackwardCoefficients(m: ModuleBuilder) {
  return m.func(
    'backwardCoefficients',
    { task: i32, image: i32, sums: i32, tables: i32, gradients: i32 },
    (f, { task, image, sums, tables, gradients }) => {
      const read = backwardTask.reader(f, task);
      const { word } = read;
      const { groups, means, variances } = statisticsOf(f, read, image);
      const [k, apart, gamma] = [word('k'), word('tableBytes'), word('gamma')];
      const deviation = deviationFormula(f, read);
      const gradient = gradientFormula(f, read);
      const [reduces, features] = [word('reduces'), word('features')];
      const width = f.let(word('stride').shrU(2));
      const seconds = f.let(sums.plus(word('sumsBytes').shrU(1)));
      const own = [0, 1, 2, 3].map((t) => f.let(tableAt(tables, apart, t)));
      f.if(reduces, () => {
        for (const each of [sums, seconds]) joinCopies(f, each, features, width);
      });

      f.for(0, groups, 1, (set) => {
        const variance = f.let(f.loadF64(at8(variances, set)));
        const known = deviation(f.loadF64(at8(means, set)), variance);
        const sumG = f.local(f64);
        const sumGXHat = f.local(f64);
        f.if(reduces, () => {
          const first = f.let(set.times(k));
          f.for(first, first.plus(k), 1, (c) => {
            const dbeta = f.let(f.loadF64(at8(sums, c)));
            const dgamma = f.let(f.loadF64(at8(seconds, c)).minus(known.lost.times(dbeta)).times(known.rstd));
            const to = f.let(gradients.plus(c.shl(4)));
            f.storeF64(to, f.loadF64(to).plus(dgamma));
            f.storeF64(to, f.loadF64(to, 8).plus(dbeta), 8);
            const weight = f.let(f.loadF32(gamma.plus(c.shl(2))).toF64());
            sumG.set(sumG.plus(weight.times(dbeta)));
            sumGXHat.set(sumGXHat.plus(weight.times(dgamma)));
          });
        });
        const terms = gradient(known, variance, sumG, sumGXHat);
        const [mu, A, B, C] = [known.mu, terms.A, terms.B, terms.C].map((value) => f.let(value.splat()));
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
