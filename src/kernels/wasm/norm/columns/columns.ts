import {
  type Address,
  type FunctionBuilder,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../runtime/kernel.ts';
import type { Mask } from '../mask.ts';
import { writeParameterGradients } from '../parameterGradients.ts';
import { reader } from '../task.ts';
import {
  writeBackwardCoefficients,
  writeForwardCoefficients,
  writeMeanTable,
  writeOrigins,
  writeStatistics,
} from './coefficients.ts';
import { writeGradient } from './gradient.ts';
import { writeMoments, writeTailMoments } from './moments.ts';
import { writeNormalize } from './normalize.ts';
import { writeReduce } from './reduce.ts';
import { addParts } from './sums.ts';

/**
 * Norms over [n, p, g, k] by columns: p rows of g k features for each of n images. BatchNorm (n = 1), InstanceNorm, GroupNorm,
 * and LayerNorm per sample all sum columns over rows and then join the columns of a set. An image is walked in whole cache
 * lines and never by single values (fold.ts); between the passes stand a few float64 operations per column.
 *
 * Many images: each is done by one thread from statistics to result, while it lies in its cache ("images"). Few, large ones
 * (BatchNorm has one) are cut into parts of rows: partial sums, a short step between, then the parts again ("parts").
 */
export function forwardKernel(): Kernel {
  return compileKernel('norm columns forward', () => kernelModule('norm columns forward', writeForward));
}

export function backwardKernel(mask: Mask): Kernel {
  const name = `norm columns backward ${mask}`;
  return compileKernel(name, () => kernelModule(name, (m) => writeBackward(m, mask)));
}

/** The rows of part `part`, and whether the tail belongs to it. */
function rowsOfPart(f: FunctionBuilder, rows: I32, size: I32, part: I32, parts: I32, tail: I32) {
  const first = f.let(part.times(size));
  const rest = f.let(rows.minus(first));
  const count = f.let(f.select(rest.lt(size), rest, size));
  return {
    first,
    // A last part may have no rows of its own.
    count: f.let(f.select(count.gt(0), count, i32(0))),
    tail: f.let(f.select(part.eq(parts.minus(1)), tail, i32(0))),
  };
}

const partSignature = { task: i32, image: i32, part: i32, tables: i32, sums: i32 };

/** The scratch that this thread has for itself: sums and tables of an image, or one table. */
function ownScratch(f: FunctionBuilder, task: Address): I32 {
  const { word } = reader(f, task);
  return f.let(word('own').plus(f.thread.times(word('ownBytes'))));
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
    const { word, double } = reader(f, task);
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
    const { word } = reader(f, task);
    const stride = word('stride');
    const own = rowsOfPart(f, word('rows'), word('partRows'), part, word('parts'), word('tail'));
    const offset = f.let(image.times(word('imageBytes')).plus(own.first.times(stride)));
    const residual = word('residual');
    const apart = word('tableBytes');
    const run = (withResidual: number, relu: number) => () =>
      f.call(normalize[withResidual][relu], {
        x: word('x').plus(offset),
        y: word('y').plus(offset),
        added: residual.plus(offset),
        rows: own.count,
        tail: own.tail,
        stride,
        tables,
        apart,
      });
    const relu = word('relu');
    f.if(
      residual,
      () => f.if(relu, run(1, 1), run(1, 0)),
      () => f.if(relu, run(0, 1), run(0, 0)),
    );
  });

  m.func('images', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const { word } = reader(f, task);
    const sums = ownScratch(f, task);
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
    const tables = ownScratch(f, task);
    eachPart(f, begin, end, task, (args) => f.call(partMoments, { ...args, tables }));
  });
  // Items are images.
  m.func('coefficients', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const { word } = reader(f, task);
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
    eachPart(f, begin, end, task, (args) => f.call(partNormalize, args));
  });
}

function eachPart(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  task: Address,
  body: (args: { task: I32; image: I32; part: I32; tables: I32; sums: I32 }) => void,
): void {
  const { word } = reader(f, task);
  const [parts, sums, bytes] = [word('parts'), word('sums'), word('sumsBytes')];
  const [tables, tablesBytes] = [word('tables'), word('tablesBytes')];
  f.for(begin, end, 1, (item) => {
    const image = f.let(item.divU(parts));
    body({
      task,
      image,
      part: item.minus(image.times(parts)),
      tables: tables.plus(image.times(tablesBytes)),
      sums: sums.plus(item.times(bytes)),
    });
  });
}

function writeBackward(m: ModuleBuilder, mask: Mask): void {
  const addGradients = writeParameterGradients(m);
  const meanTable = writeMeanTable(m);
  const coefficients = writeBackwardCoefficients(m);
  const reduce = writeReduce(m, mask);
  const gradient = writeGradient(m, mask === 'masked');

  // Table 0 is where the means go.
  const partReduce = m.func('partReduce', partSignature, (f, { task, image, part, tables, sums }) => {
    const { word } = reader(f, task);
    const stride = word('stride');
    const own = rowsOfPart(f, word('rows'), word('partRows'), part, word('parts'), word('tail'));
    const offset = f.let(image.times(word('imageBytes')).plus(own.first.times(stride)));
    f.call(meanTable, { task, image, table: tables });
    f.fill(sums, 0, word('sumsBytes'));
    f.call(reduce, {
      x: word('x').plus(offset),
      y: word('y').plus(offset),
      dy: word('dy').plus(offset),
      d: word('d').plus(offset),
      rows: own.count,
      tail: own.tail,
      stride,
      means: tables,
      sums,
      seconds: sums.plus(word('sumsBytes').shrU(1)),
    });
  });

  const partGradient = m.func('partGradient', partSignature, (f, { task, image, part, tables }) => {
    const { word } = reader(f, task);
    const stride = word('stride');
    const own = rowsOfPart(f, word('rows'), word('partRows'), part, word('parts'), word('tail'));
    const offset = f.let(image.times(word('imageBytes')).plus(own.first.times(stride)));
    f.if(word('dx'), () =>
      f.call(gradient, {
        x: word('x').plus(offset),
        y: word('y').plus(offset),
        dy: word(mask === 'kept' ? 'd' : 'dy').plus(offset),
        dx: word('dx').plus(offset),
        rows: own.count,
        tail: own.tail,
        stride,
        tables,
        apart: word('tableBytes'),
      }),
    );
  });

  // A part is a run of images, which share float64 sums of dgamma and dbeta.
  m.func('images', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const { word } = reader(f, task);
    const sums = ownScratch(f, task);
    const tables = f.let(sums.plus(word('sumsBytes')));
    const [group, images, reduces] = [word('group'), word('images'), word('reduces')];
    const bytes = word('gradientsBytes');
    const allGradients = word('gradients');
    f.for(begin, end, 1, (part) => {
      const gradients = f.let(allGradients.plus(part.times(bytes)));
      f.fill(gradients, 0, bytes);
      const first = f.let(part.times(group));
      const rest = f.let(images.minus(first));
      f.for(first, first.plus(f.select(rest.lt(group), rest, group)), 1, (image) => {
        f.if(reduces, () => f.call(partReduce, { task, image, part: 0, tables, sums }));
        f.call(coefficients, { task, image, sums, tables, gradients });
        f.call(partGradient, { task, image, part: 0, tables, sums });
      });
    });
  });

  m.func('sumParts', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const tables = ownScratch(f, task);
    eachPart(f, begin, end, task, (args) => f.call(partReduce, { ...args, tables }));
  });
  // One item: all images, in order, with dgamma and dbeta.
  m.func('coefficients', { begin: i32, end: i32, task: i32 }, (f, { task }) => {
    const { word } = reader(f, task);
    const [parts, bytes, reduces] = [word('parts'), word('sumsBytes'), word('reduces')];
    const [sums, tables, tablesBytes] = [word('sums'), word('tables'), word('tablesBytes')];
    const [gradients, features] = [word('gradients'), word('features')];
    f.fill(gradients, 0, word('gradientsBytes'));
    f.for(0, word('images'), 1, (image) => {
      const own = f.let(sums.plus(image.times(parts).times(bytes)));
      f.if(reduces, () => addParts(f, own, bytes, parts));
      const table = tables.plus(image.times(tablesBytes));
      f.call(coefficients, { task, image, sums: own, tables: table, gradients });
    });
    f.if(word('wanted'), () =>
      f.call(addGradients, { begin: 0, end: features, task, partial: gradients, parts: 1 }),
    );
  });
  m.func('gradientParts', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    eachPart(f, begin, end, task, (args) => f.call(partGradient, args));
  });
}
