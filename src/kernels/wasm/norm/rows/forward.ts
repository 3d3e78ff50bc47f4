import { type FunctionBuilder, type I32, i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../runtime/kernel.ts';
import { mapVectors } from '../../templates/mapVectors.ts';
import { at8, moved } from '../addresses.ts';
import { deviationFormula, statisticsFormula } from '../formulas.ts';
import { ownRoom } from '../task.ts';
import { writeRowMoments } from './moments.ts';
import { RECORD, storeNormalization } from './record.ts';
import { forwardTask } from './task.ts';
import { eachChunk, joinChunks, SLOT_BYTES } from './walk.ts';

/**
 * Norms over [n, 1, g, k]: every set is k consecutive values with a gamma and beta for each (LayerNorm; GroupNorm of dense
 * features). Each set is summed along the row. Rows are done one by one, from statistics to result, while they lie in the
 * first cache. Rows that are too long for that, or too few for the threads, are cut into chunks of columns: sums of all chunks,
 * a short sequential step, all chunks again ("chunks").
 */
export function forwardKernel(): Kernel {
  return compileKernel('norm rows forward', () => kernelModule('norm rows forward', writeForward));
}

function writeForward(m: ModuleBuilder): void {
  const moments = writeRowMoments(m);

  /** Statistics of a set from its two sums (sum of x - P, of its square). */
  const statistics = m.func(
    'statistics',
    { task: i32, set: i32, x: i32, sums: i32 },
    (f, { task, set, x, sums }) => {
      const read = forwardTask.reader(f, task);
      const sum = f.let(f.loadF64(sums));
      const { mean, variance } = statisticsFormula(f, read)(f.loadF32(x), sum, f.loadF64(sums, 8));
      f.storeF64(at8(read.word('mean'), set), mean);
      f.storeF64(at8(read.word('variance'), set), variance);
    },
  );

  const coefficients = m.func('coefficients', { task: i32, set: i32, to: i32 }, (f, { task, set, to }) => {
    const read = forwardTask.reader(f, task);
    const mean = f.loadF64(at8(read.word('mean'), set));
    const variance = f.loadF64(at8(read.word('variance'), set));
    storeNormalization(f, to, deviationFormula(f, read)(mean, variance));
  });

  const mapped = [false, true].map((residual) =>
    [false, true].map((relu) =>
      m.func(
        `normalizeRow${residual ? 'Residual' : ''}${relu ? 'Relu' : ''}`,
        { x: i32, y: i32, added: i32, gamma: i32, beta: i32, floats: i32, coefficients: i32 },
        (f, { x, y, added, gamma, beta, floats, coefficients: c }) => {
          const [mu, scale, shift] = [RECORD.mu, RECORD.scale, RECORD.shift].map((at) =>
            f.let(f.load4Splat(c, at)),
          );
          const inputs = [x, gamma, beta, ...(residual ? [added] : [])];
          mapVectors(f, f.let(i32(0)), floats, inputs, [y], (value, weight, bias, add) => {
            const xHat = value.minus(mu).madd(scale, shift);
            const affine = xHat.madd(weight, bias);
            const sum = residual ? affine.plus(add) : affine;
            return [relu ? sum.pmax(0) : sum];
          });
        },
      ),
    ),
  );

  /** y of `floats` values of a set from `column` on. */
  const normalize = m.func(
    'normalize',
    { task: i32, set: i32, feature: i32, column: i32, floats: i32, from: i32 },
    (f, { task, set, feature, column, floats, from }) => {
      const { word } = forwardTask.reader(f, task);
      const offset = f.let(set.times(word('k')).plus(column).shl(2));
      const own = f.let(feature.plus(column).shl(2));
      const [residual, relu] = [word('residual'), word('relu')];
      const args = {
        ...moved({ x: word('x'), y: word('y'), added: residual }, offset),
        ...moved({ gamma: word('gamma'), beta: word('beta') }, own),
        floats,
        coefficients: from,
      };
      const run = (withResidual: number, withRelu: number) => () =>
        f.call(mapped[withResidual][withRelu], args);
      f.if(
        residual,
        () => f.if(relu, run(1, 1), run(1, 0)),
        () => f.if(relu, run(0, 1), run(0, 0)),
      );
    },
  );

  const prepare = m.func('prepare', { task: i32, set: i32, to: i32 }, (f, { task, set, to }) => {
    const { word, double } = forwardTask.reader(f, task);
    f.if(word('given').eqz(), () => {
      const k = word('k');
      const x = f.let(word('x').plus(set.times(k).shl(2)));
      f.call(moments, { x, floats: k, first: x, sums: to, center: double('center').toF32() });
      f.call(statistics, { task, set, x, sums: to });
    });
    f.call(coefficients, { task, set, to });
  });

  m.func('rows', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = forwardTask.reader(f, task);
    const [k, features, groups] = [read.word('k'), read.word('features'), read.word('groups')];
    const slots = ownRoom(f, read);
    eachSetAhead(
      f,
      { begin, end, groups, k, features, slots },
      {
        prepare: (set, to) => f.call(prepare, { task, set, to }),
        finish: (set, feature, from) => f.call(normalize, { task, set, feature, column: 0, floats: k, from }),
      },
    );
  });

  m.func('chunkMoments', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = forwardTask.reader(f, task);
    const [x, sums] = [read.word('x'), read.word('sums')];
    const center = f.let(read.double('center').toF32());
    eachChunk(f, begin, end, read, ({ item, row, column, floats, k }) => {
      const first = f.let(x.plus(row.times(k).shl(2)));
      const from = first.plus(column.shl(2));
      f.call(moments, { x: from, floats, first, sums: sums.plus(item.shl(4)), center });
    });
  });
  // One item: all rows.
  m.func('joinChunks', { begin: i32, end: i32, task: i32 }, (f, { task }) => {
    const read = forwardTask.reader(f, task);
    const [x, k] = [read.word('x'), read.word('k')];
    joinChunks(f, read, (set, sums) =>
      f.call(statistics, { task, set, x: x.plus(set.times(k).shl(2)), sums }),
    );
  });
  m.func('chunkNormalize', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = forwardTask.reader(f, task);
    const from = ownRoom(f, read);
    eachChunk(f, begin, end, read, ({ row, column, floats }) => {
      f.call(coefficients, { task, set: row, to: from });
      f.call(normalize, { task, set: row, feature: 0, column, floats, from });
    });
  });
}

/**
 * For the sets of rows `begin` to `end`: `finish`, after `prepare` of the set **and of the one after it**. What comes out of a
 * set's sums is a chain of dependent scalar operations, with a root and a division; it runs while the processor
 * is busy with the vectors of the set before.
 */
function eachSetAhead(
  f: FunctionBuilder,
  rows: { begin: I32; end: I32; groups: I32; k: I32; features: I32; slots: I32 },
  steps: { prepare: (set: I32, to: I32) => void; finish: (set: I32, feature: I32, from: I32) => void },
): void {
  const slot = (set: I32): I32 => rows.slots.plus(set.and(1).times(SLOT_BYTES));
  const first = f.let(rows.begin.times(rows.groups));
  const last = f.let(rows.end.times(rows.groups));
  const feature = f.local(i32);
  steps.prepare(first, slot(first));
  f.for(first, last, 1, (set) => {
    const next = f.let(set.plus(1));
    f.if(next.lt(last), () => steps.prepare(next, slot(next)));
    steps.finish(set, feature, slot(set));
    feature.set(feature.plus(rows.k));
    f.if(feature.eq(rows.features), () => feature.set(0));
  });
}
