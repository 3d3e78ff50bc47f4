import { f32x4, i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../runtime/kernel.ts';
import type { Mask } from '../mask.ts';
import { writeParameterGradients } from '../parameterGradients.ts';
import { ownRoom } from '../task.ts';
import { type GradientSteps, writeGradientSteps } from './gradientSteps.ts';
import { RECORD } from './record.ts';
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
  return compileKernel(name, () =>
    kernelModule(name, (m) => {
      const addGradients = writeParameterGradients(m, backwardTask.reader);
      const steps = writeGradientSteps(m, mask);
      writeRows(m, steps);
      writeChunks(m, steps, addGradients);
    }),
  );
}

/** Rows between two flushes of float32 sums. */
export const SEGMENT = 64;

function writeRows(m: ModuleBuilder, steps: GradientSteps): void {
  const { records, flush, reduceRow, coefficients, gradient } = steps;
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
}

function writeChunks(
  m: ModuleBuilder,
  steps: GradientSteps,
  addGradients: ReturnType<typeof writeParameterGradients>,
): void {
  const { records, flush, reduceRow, coefficients, gradient } = steps;
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
