import {
  type F64,
  type FunctionBuilder,
  f64,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../builder/index.ts';
import { reciprocalDeviation } from '../statistics.ts';
import { reader } from '../task.ts';
import { SECOND, sumsOf } from './group.ts';
import { tableAt } from './normalize.ts';

/**
 * Between the passes: from the sums of the columns to the statistics of the sets, and from those to the coefficients of each
 * column. A few scalar float64 operations for each column of an image.
 */

const promoted = (f: FunctionBuilder, address: I32): F64 => f.loadF32(address).toF64();
const at8 = (base: I32, index: I32): I32 => base.plus(index.shl(3));
const at4 = (base: I32, index: I32): I32 => base.plus(index.shl(2));

/** Runs `body` for each column (all copies of a folded row, as far as it has values) of the features of a set. */
function eachColumnOfSet(
  f: FunctionBuilder,
  set: { first: I32; k: I32; features: I32; columns: I32 },
  body: (column: I32) => void,
): void {
  f.for(set.first, set.columns, set.features, (start) => {
    f.for(start, start.plus(set.k), 1, body);
  });
}

/** Columns that have values: all of a row, or, where there is no whole folded row, the tail. */
function filledColumns(f: FunctionBuilder, rows: I32, width: I32, tail: I32): I32 {
  return f.let(f.select(rows, width, tail));
}

/** Repeats the first `features` entries of a table up to `columns`. */
function repeat(f: FunctionBuilder, table: I32, features: I32, columns: I32): void {
  f.for(features, columns, 1, (c) => {
    const to = f.let(at4(table, c));
    f.storeF32(to, f.loadF32(to.minus(features.shl(2))));
  });
}

/**
 * The statistics of an image's sets, from the sums of moments.ts or as given, and the tables of normalize.ts.
 * Columns have different origins P: the sums of one with origin P are moved to that of the set's first column.
 */
export function writeForwardCoefficients(m: ModuleBuilder) {
  return m.func(
    'forwardCoefficients',
    { task: i32, image: i32, sums: i32, tables: i32 },
    (f, { task, image, sums, tables }) => {
      const { word, double } = reader(f, task);
      const [groups, k, features, stride] = [word('groups'), word('k'), word('features'), word('stride')];
      const [gamma, beta, given] = [word('gamma'), word('beta'), word('given')];
      const x = f.let(word('x').plus(image.times(word('imageBytes'))));
      const means = f.let(at8(word('mean'), image.times(groups)));
      const variances = f.let(at8(word('variance'), image.times(groups)));
      const [center, degrees, count] = [double('center'), double('degrees'), f.let(word('count').toF64())];
      const [inside, outside] = [double('epsInside'), double('epsOutside')];
      // A single set is contiguous: its statistics are taken as those of one feature.
      const single = f.let(groups.eq(1));
      const setFeatures = f.let(f.select(single, i32(1), features));
      const setK = f.let(f.select(single, i32(1), k));
      const [setRows, setTail] = [word('setRows'), word('setTail')];
      const width = f.let(word('setStride').shrU(2));
      const columns = filledColumns(f, setRows, width, setTail);

      f.for(0, groups, 1, (set) => {
        const mean = f.local(f64);
        const variance = f.local(f64);
        f.if(
          given,
          () => {
            mean.set(f.loadF64(at8(means, set)));
            variance.set(f.loadF64(at8(variances, set)));
          },
          () => {
            const first = f.let(set.times(setK));
            const origin = f.let(promoted(f, at4(x, first)).times(center));
            const sum = f.local(f64);
            const squares = f.local(f64);
            eachColumnOfSet(f, { first, k: setK, features: setFeatures, columns }, (column) => {
              const from = sumsOf(f, sums, column, width);
              const delta = f.let(promoted(f, at4(x, column)).times(center).minus(origin));
              const n = f.let(setRows.plus(column.ltU(setTail)).toF64());
              const s = f.let(f.loadF64(from));
              const moved = f.let(n.times(delta));
              sum.set(sum.plus(s).plus(moved));
              squares.set(squares.plus(f.loadF64(from, SECOND)).plus(delta.times(s.plus(s).plus(moved))));
            });
            const shift = f.let(sum.times(center).div(count));
            mean.set(origin.plus(shift));
            variance.set(squares.minus(shift.times(sum)).max(0).div(degrees));
            f.storeF64(at8(means, set), mean);
            f.storeF64(at8(variances, set), variance);
          },
        );
        const rstd = f.let(reciprocalDeviation(variance, inside, outside));
        const mu = f.let(mean.toF32());
        const lost = f.let(mean.minus(mu.toF64()));
        f.for(set.times(k), set.times(k).plus(k), 1, (c) => {
          const scale = f.let(rstd.times(promoted(f, at4(gamma, c))));
          const shift = promoted(f, at4(beta, c)).minus(lost.times(scale));
          f.storeF32(at4(tables, c), mu);
          f.storeF32(at4(tableAt(tables, stride, 1), c), scale.toF32());
          f.storeF32(at4(tableAt(tables, stride, 2), c), shift.toF32());
        });
      });
      const filled = filledColumns(f, word('rows'), stride.shrU(2), word('tail'));
      for (const t of [0, 1, 2]) repeat(f, f.let(tableAt(tables, stride, t)), features, filled);
    },
  );
}

/** Table 0: mu of each column, rounded to float32. */
export function writeMeanTable(m: ModuleBuilder) {
  return m.func('meanTable', { task: i32, image: i32, tables: i32 }, (f, { task, image, tables }) => {
    const { word } = reader(f, task);
    const [groups, k, features, stride] = [word('groups'), word('k'), word('features'), word('stride')];
    const means = f.let(at8(word('mean'), image.times(groups)));
    f.for(0, groups, 1, (set) => {
      const mu = f.let(f.loadF64(at8(means, set)).toF32());
      f.for(set.times(k), set.times(k).plus(k), 1, (c) => f.storeF32(at4(tables, c), mu));
    });
    repeat(f, tables, features, filledColumns(f, word('rows'), stride.shrU(2), word('tail')));
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
      const [groups, k, features, stride] = [word('groups'), word('k'), word('features'), word('stride')];
      const gamma = word('gamma');
      const means = f.let(at8(word('mean'), image.times(groups)));
      const variances = f.let(at8(word('variance'), image.times(groups)));
      const [inside, outside] = [double('epsInside'), double('epsOutside')];
      const count = word('count');
      const throughMean = f.let(double('throughMean').div(count.toF64()));
      const alone = f.let(count.eq(1).and(throughMean.gt(0)));
      const throughVariance = double('throughVariance');
      const degrees = double('degrees');
      const reduces = word('reduces');
      const width = f.let(stride.shrU(2));
      const columns = filledColumns(f, word('rows'), width, word('tail'));

      f.for(0, groups, 1, (set) => {
        const mean = f.let(f.loadF64(at8(means, set)));
        const variance = f.let(f.loadF64(at8(variances, set)));
        const rstd = f.let(reciprocalDeviation(variance, inside, outside));
        const lost = f.let(mean.minus(mean.toF32().toF64()));
        const first = f.let(set.times(k));
        const meanG = f.local(f64);
        const slope = f.local(f64);
        f.if(reduces, () => {
          f.for(first, first.plus(k), 1, (c) => {
            const dbeta = f.local(f64);
            const product = f.local(f64);
            f.for(c, columns, features, (column) => {
              const from = sumsOf(f, sums, column, width);
              dbeta.set(dbeta.plus(f.loadF64(from)));
              product.set(product.plus(f.loadF64(from, SECOND)));
            });
            const dgamma = f.let(product.minus(lost.times(dbeta)).times(rstd));
            const to = f.let(gradients.plus(c.shl(4)));
            f.storeF64(to, f.loadF64(to).plus(dgamma));
            f.storeF64(to, f.loadF64(to, 8).plus(dbeta), 8);
            const weight = f.let(promoted(f, at4(gamma, c)));
            meanG.set(meanG.plus(weight.times(dbeta)));
            slope.set(slope.plus(weight.times(dgamma)));
          });
          meanG.set(meanG.times(throughMean));
          // sigma / s, where s = sqrt(v) is what eps outside the root is added to.
          const s = f.let(variance.sqrt());
          const outsideRatio = f.select(s.gt(0), s.plus(outside).div(s), f64(0));
          const ratio = f.select(outside.gt(0), outsideRatio, f64(1));
          slope.set(f.select(throughVariance.gt(0), slope.times(ratio).div(degrees), f64(0)));
        });
        const b = f.let(rstd.times(rstd).times(slope).neg());
        // In a set of one, g - mean(g) is exactly 0, which A d + C would miss by a rounding times 1 / eps.
        const direct = f.let(f.select(alone, f64(0), rstd));
        const constant = f.let(direct.times(meanG).plus(b.times(lost)).neg());
        f.for(first, first.plus(k), 1, (c) => {
          f.storeF32(at4(tableAt(tables, stride, 1), c), direct.times(promoted(f, at4(gamma, c))).toF32());
          f.storeF32(at4(tableAt(tables, stride, 2), c), b.toF32());
          f.storeF32(at4(tableAt(tables, stride, 3), c), constant.toF32());
        });
      });
      for (const t of [1, 2, 3]) repeat(f, f.let(tableAt(tables, stride, t)), features, columns);
    },
  );
}
