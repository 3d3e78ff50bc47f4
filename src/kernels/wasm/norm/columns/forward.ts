import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../runtime/kernel.ts';
import { moved } from '../addresses.ts';
import { ownRoom } from '../task.ts';
import { writeForwardCoefficients, writeOrigins, writeStatistics } from './coefficients.ts';
import { writeMoments, writeTailMoments } from './moments.ts';
import { writeNormalize } from './normalize.ts';
import { eachPart, partSignature, rowsOfPart } from './parts.ts';
import { addParts } from './sums.ts';
import { forwardTask } from './task.ts';

/**
 * Norms over [n, p, g, k] by columns: p rows of g k features for each of n images. BatchNorm (n = 1), InstanceNorm, GroupNorm,
 * and LayerNorm per sample all sum columns over rows and then join the columns of a set. An image is walked in whole cache
 * lines and never by single values (foldedRows.ts); between the passes stand a few float64 operations per column.
 *
 * Many images: each is done by one thread from statistics to result, while it lies in its cache ("images"). Few, large ones
 * (BatchNorm has one) are cut into parts of rows: partial sums, a short step between, then the parts again ("parts").
 */
export function forwardKernel(): Kernel {
  return compileKernel('norm columns forward', () => kernelModule('norm columns forward', writeForward));
}

function writeForward(m: ModuleBuilder): void {
  const moments = writeMoments(m);
  const tailMoments = writeTailMoments(m);
  const origins = writeOrigins(m);
  const statistics = writeStatistics(m);
  const coefficients = writeForwardCoefficients(m);
  const normalize = [false, true].map((residual) =>
    [false, true].map((relu) => writeNormalize(m, residual, relu)),
  );

  // Table 0 is where the origins of the sums go.
  const partMoments = m.func('partMoments', partSignature, (f, { task, image, part, tables, sums }) => {
    const { word, double } = forwardTask.reader(f, task);
    const x = f.let(word('x').plus(image.times(word('imageBytes'))));
    const stride = word('setStride');
    const rows = word('setRows');
    const own = rowsOfPart(f, rows, word('setPartRows'), part, word('parts'), word('setTail'));
    const seconds = f.let(sums.plus(word('sumsBytes').shrU(1)));
    f.call(origins, { task, image, table: tables });
    f.fill(sums, 0, word('sumsBytes'));
    const common = { origins: tables, sums, seconds };
    const start = x.plus(own.first.times(stride));
    f.call(moments, { ...common, x: start, rows: own.count, stride, center: double('center').toF32() });
    f.call(tailMoments, { ...common, x: x.plus(rows.times(stride)), floats: own.tail });
  });

  const partNormalize = m.func('partNormalize', partSignature, (f, { task, image, part, tables }) => {
    const { word } = forwardTask.reader(f, task);
    const stride = word('stride');
    const own = rowsOfPart(f, word('rows'), word('partRows'), part, word('parts'), word('tail'));
    const offset = f.let(image.times(word('imageBytes')).plus(own.first.times(stride)));
    const residual = word('residual');
    const apart = word('tableBytes');
    const run = (withResidual: number, relu: number) => () =>
      f.call(normalize[withResidual][relu], {
        ...moved({ x: word('x'), y: word('y'), added: residual }, offset),
        ...{ rows: own.count, tail: own.tail, stride, tables, apart },
      });
    const relu = word('relu');
    f.if(
      residual,
      () => f.if(relu, run(1, 1), run(1, 0)),
      () => f.if(relu, run(0, 1), run(0, 0)),
    );
  });

  m.func('images', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = forwardTask.reader(f, task);
    const { word } = read;
    const sums = ownRoom(f, read);
    const tables = f.let(sums.plus(word('sumsBytes')));
    const given = word('given');
    f.for(begin, end, 1, (image) => {
      f.if(given.eqz(), () => {
        f.call(partMoments, { task, image, part: 0, tables, sums });
        f.call(statistics, { task, image, sums });
      });
      f.call(coefficients, { task, image, tables });
      f.call(partNormalize, { task, image, part: 0, tables, sums });
    });
  });

  m.func('sumParts', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = forwardTask.reader(f, task);
    const tables = ownRoom(f, read);
    eachPart(f, begin, end, task, read, (args) => f.call(partMoments, { ...args, tables }));
  });
  // Items are images.
  m.func('coefficients', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const { word } = forwardTask.reader(f, task);
    const [given, parts, bytes] = [word('given'), word('parts'), word('sumsBytes')];
    const [sums, tables, tablesBytes] = [word('sums'), word('tables'), word('tablesBytes')];
    f.for(begin, end, 1, (image) => {
      f.if(given.eqz(), () => {
        const own = f.let(sums.plus(image.times(parts).times(bytes)));
        addParts(f, own, bytes, parts);
        f.call(statistics, { task, image, sums: own });
      });
      f.call(coefficients, { task, image, tables: tables.plus(image.times(tablesBytes)) });
    });
  });
  m.func('normalizeParts', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = forwardTask.reader(f, task);
    eachPart(f, begin, end, task, read, (args) => f.call(partNormalize, args));
  });
}
