import { f32x4, i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../runtime/kernel.ts';
import { mapVectors } from '../../templates/mapVectors.ts';
import { at8, moved } from '../addresses.ts';
import { deviationFormula, gradientFormula } from '../formulas.ts';
import type { Mask } from '../mask.ts';
import { writeParameterGradients } from '../parameterGradients.ts';
import { ownRoom } from '../task.ts';
import { halves } from '../vectors.ts';
import { writeRowGradientSums } from './gradientSums.ts';
import { loadRecord, RECORD, storeRecord } from './record.ts';
import { backwardTask } from './task.ts';
import { eachChunk, joinChunks, SLOT_BYTES } from './walk.ts';

/**
 * The backward pass of rows (forward.ts), 64 rows at a time. First what is known of their sets is worked out (one root and
 * one division each, independent of each other). Then row by row: the sums of its sets, with dgamma and dbeta added to
 * float32 sums of the features, and at once dx, while the row lies in the first cache. After 64 rows the features' sums are
 * added to float64 ones.
 */
export function backwardKernel(mask: Mask): Kernel {
  const name = `norm rows backward ${mask}`;
  return compileKernel(name, () => kernelModule(name, (m) => writeBackward(m, mask)));
}

/** Rows between two flushes of float32 sums. */
export const SEGMENT = 64;

function writeBackward(m: ModuleBuilder, mask: Mask): void {
  const addGradients = writeParameterGradients(m, backwardTask.reader);
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

  const segment = m.func(
    'segment',
    { task: i32, row: i32, rows: i32, slots: i32, known: i32, features: i32 },
    (f, { task, row, rows, slots, known, features }) => {
      const { word } = backwardTask.reader(f, task);
      const [k, groups, reduces, dx] = [word('k'), word('groups'), word('reduces'), word('dx')];
      const coefficientsAt = f.let(slots.plus(SLOT_BYTES));
      f.call(records, { task, set: row.times(groups), count: rows.times(groups), to: known });
      f.for(0, rows, 1, (i) => {
        f.for(0, groups, 1, (group) => {
          const set = f.let(row.plus(i).times(groups).plus(group));
          const feature = f.let(group.times(k));
          const record = f.let(known.plus(i.times(groups).plus(group).times(RECORD.bytes)));
          f.store4(slots, f32x4(0));
          f.if(reduces, () =>
            f.call(reduceRow, {
              ...{ task, set, feature, column: 0, floats: k, record, sums: slots },
              features: features.plus(feature.shl(2)),
            }),
          );
          f.if(dx, () => {
            f.call(coefficients, { task, set, record, sums: slots, to: coefficientsAt });
            f.call(gradient, { task, set, feature, column: 0, floats: k, from: coefficientsAt });
          });
        });
      });
    },
  );

  // A part is a run of rows, with float64 sums of dgamma and dbeta.
  m.func('rows', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = backwardTask.reader(f, task);
    const { word } = read;
    const [size, rows, features, stride] = [word('group'), word('rows'), word('features'), word('stride')];
    const [all, bytes] = [word('gradients'), word('gradientsBytes')];
    const slots = ownRoom(f, read);
    const own = f.let(slots.plus(2 * SLOT_BYTES));
    const known = f.let(own.plus(stride.shl(1)));
    f.for(begin, end, 1, (part) => {
      const gradients = f.let(all.plus(part.times(bytes)));
      f.fill(gradients, 0, bytes);
      f.fill(own, 0, stride.shl(1));
      const first = f.let(part.times(size));
      const rest = f.let(rows.minus(first));
      const last = f.let(first.plus(f.select(rest.lt(size), rest, size)));
      f.for(first, last, SEGMENT, (row) => {
        const left = f.let(last.minus(row));
        const count = f.select(left.lt(SEGMENT), left, i32(SEGMENT));
        f.call(segment, { task, row, rows: count, slots, known, features: own });
        f.call(flush, { from: own, stride, to: gradients, floats: features });
      });
    });
  });

  // An item is a chunk of columns of all rows (of one set each), which has its own features.
  m.func('chunkReduce', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = backwardTask.reader(f, task);
    const { word } = read;
    const [parts, size, k, rows] = [word('parts'), word('group'), word('k'), word('rows')];
    const [sums, stride, wanted] = [word('sums'), word('stride'), word('wanted')];
    const record = ownRoom(f, read);
    const own = f.let(record.plus(2 * SLOT_BYTES));
    const gradients = f.let(own.plus(stride.shl(1)));
    f.for(begin, end, 1, (chunk) => {
      const column = f.let(chunk.times(size));
      const left = f.let(k.minus(column));
      const floats = f.let(f.select(left.lt(size), left, size));
      f.fill(own, 0, stride.times(6));
      f.for(0, rows, 1, (row) => {
        const to = f.let(sums.plus(row.times(parts).plus(chunk).shl(4)));
        f.store4(to, f32x4(0));
        f.call(records, { task, set: row, count: 1, to: record });
        const into = { sums: to, features: own };
        f.call(reduceRow, { task, set: row, feature: 0, column, floats, record, ...into });
        f.if(row.and(SEGMENT - 1).eq(SEGMENT - 1), () =>
          f.call(flush, { from: own, stride, to: gradients, floats }),
        );
      });
      f.call(flush, { from: own, stride, to: gradients, floats });
      // The partial gradients of this chunk alone, placed as if they were the whole array's.
      const partial = gradients.minus(column.shl(4));
      f.if(wanted, () =>
        f.call(addGradients, { begin: column, end: column.plus(floats), task, partial, parts: 1 }),
      );
    });
  });
  // One item: all rows.
  m.func('joinChunks', { begin: i32, end: i32, task: i32 }, (f, { task }) =>
    joinChunks(f, backwardTask.reader(f, task), () => {}),
  );
  m.func('chunkGradient', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = backwardTask.reader(f, task);
    const [sums, parts, reduces] = [read.word('sums'), read.word('parts'), read.word('reduces')];
    const record = ownRoom(f, read);
    const from = f.let(record.plus(SLOT_BYTES));
    const none = f.let(record.plus(SLOT_BYTES + 16));
    eachChunk(f, begin, end, read, ({ row, column, floats }) => {
      f.store4(none, f32x4(0));
      f.call(records, { task, set: row, count: 1, to: record });
      const own = f.select(reduces, sums.plus(row.times(parts).shl(4)), none);
      f.call(coefficients, { task, set: row, record, sums: own, to: from });
      f.call(gradient, { task, set: row, feature: 0, column, floats, from });
    });
  });
}
