import { f32x4, i32, type ModuleBuilder } from '../../builder/index.ts';
import { mapVectors } from '../../templates/mapVectors.ts';
import { at8, moved } from '../addresses.ts';
import { deviationFormula, gradientFormula } from '../formulas.ts';
import type { Mask } from '../mask.ts';
import { halves } from '../vectors.ts';
import { writeRowGradientSums } from './gradientSums.ts';
import { loadRecord, RECORD, storeRecord } from './record.ts';
import { backwardTask } from './task.ts';

/** The steps of the backward pass, of which whole rows and chunks of rows are made (backward.ts). */
export type GradientSteps = ReturnType<typeof writeGradientSteps>;

export function writeGradientSteps(m: ModuleBuilder, mask: Mask) {
  const sumRow = writeRowGradientSums(m, mask);

  /** What is known of `count` sets (record.ts). */
  const records = m.func(
    'records',
    { task: i32, set: i32, count: i32, to: i32 },
    (f, { task, set, count, to }) => {
      const read = backwardTask.reader(f, task);
      const [mean, variance] = [read.word('mean'), read.word('variance')];
      const deviation = deviationFormula(f, read);
      f.for(set, set.plus(count), 1, (each) => {
        const own = f.let(to.plus(each.minus(set).times(RECORD.bytes)));
        storeRecord(f, own, deviation(f.loadF64(at8(mean, each)), f.loadF64(at8(variance, each))));
      });
    },
  );

  /** Adds the float32 sums of `floats` features (dgamma, then dbeta `stride` bytes on) to float64 pairs, and clears them. */
  const flush = m.func(
    'flush',
    { from: i32, stride: i32, to: i32, floats: i32 },
    (f, { from, stride, to, floats }) => {
      f.for(0, floats, 4, (i) => {
        const at = f.let(from.plus(i.shl(2)));
        const other = f.let(at.plus(stride));
        const dgamma = f.let(f.load4(at));
        const dbeta = f.let(f.load4(other));
        const low = halves(f.let(dgamma.shuffle(dbeta, 0, 4, 1, 5)));
        const high = halves(f.let(dgamma.shuffle(dbeta, 2, 6, 3, 7)));
        const target = f.let(to.plus(i.shl(4)));
        [...low, ...high].forEach((pair, j) => {
          f.store4(target, f.load2d(target, 16 * j).plus(pair), 16 * j);
        });
        f.store4(at, f32x4(0));
        f.store4(other, f32x4(0));
      });
    },
  );

  /** Adds to `sums` (a float64 pair) sum g and sum g xHat, and to the features' sums, of `floats` values of a set. */
  const reduceRow = m.func(
    'reduceRow',
    { task: i32, set: i32, feature: i32, column: i32, floats: i32, record: i32, sums: i32, features: i32 },
    (f, { task, set, feature, column, floats, record, sums, features }) => {
      const { word } = backwardTask.reader(f, task);
      const offset = f.let(set.times(word('k')).plus(column).shl(2));
      f.call(sumRow, {
        ...moved({ x: word('x'), y: word('y'), dy: word('dy'), d: word('d') }, offset),
        gamma: word('gamma').plus(feature.plus(column).shl(2)),
        ...{ features, stride: word('stride'), floats, sums, record },
      });
    },
  );

  const gradientRow = m.func(
    'gradientRow',
    { x: i32, y: i32, dy: i32, dx: i32, gamma: i32, floats: i32, coefficients: i32 },
    (f, { x, y, dy, dx, gamma, floats, coefficients: c }) => {
      const [mu, A, B, C] = [0, 4, 8, 12].map((at) => f.let(f.load4Splat(c, at)));
      const masked = mask === 'masked';
      const inputs = [x, dy, gamma, ...(masked ? [y] : [])];
      mapVectors(f, f.let(i32(0)), floats, inputs, [dx], (value, gradient, weight, output) => {
        const d = masked ? gradient.andNot(output.le(0)) : gradient;
        return [d.times(weight).madd(A, value.minus(mu).madd(B, C))];
      });
    },
  );

  /** From a set's two sums to mu, A, B and C, four floats. */
  const coefficients = m.func(
    'coefficients',
    { task: i32, set: i32, record: i32, sums: i32, to: i32 },
    (f, { task, set, record, sums, to }) => {
      const read = backwardTask.reader(f, task);
      const variance = f.loadF64(at8(read.word('variance'), set));
      const known = loadRecord(f, record);
      const { A, B, C } = gradientFormula(f, read)(known, variance, f.loadF64(sums), f.loadF64(sums, 8));
      [known.mu, A, B, C].forEach((value, i) => {
        f.storeF32(to, value, 4 * i);
      });
    },
  );

  /** dx of `floats` values of a set from `column` on. */
  const gradient = m.func(
    'gradient',
    { task: i32, set: i32, feature: i32, column: i32, floats: i32, from: i32 },
    (f, { task, set, feature, column, floats, from }) => {
      const { word } = backwardTask.reader(f, task);
      const offset = f.let(set.times(word('k')).plus(column).shl(2));
      f.call(gradientRow, {
        ...moved({ x: word('x'), y: word('y') }, offset),
        ...moved({ dy: word(mask === 'kept' ? 'd' : 'dy'), dx: word('dx') }, offset),
        gamma: word('gamma').plus(feature.plus(column).shl(2)),
        ...{ floats, coefficients: from },
      });
    },
  );

  return { records, flush, reduceRow, coefficients, gradient };
}
