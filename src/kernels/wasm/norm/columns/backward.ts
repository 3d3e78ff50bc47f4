import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../runtime/kernel.ts';
import { moved } from '../addresses.ts';
import type { Mask } from '../mask.ts';
import { writeParameterGradients } from '../parameterGradients.ts';
import { ownRoom } from '../task.ts';
import { writeBackwardCoefficients, writeMeanTable } from './coefficients.ts';
import { writeGradient } from './gradient.ts';
import { writeGradientSums } from './gradientSums.ts';
import { eachPart, partSignature, rowsOfPart } from './parts.ts';
import { addParts } from './sums.ts';
import { backwardTask } from './task.ts';

/** The backward pass of columns (forward.ts): the sums of each column, a short step between, then dx. */
export function backwardKernel(mask: Mask): Kernel {
  const name = `norm columns backward ${mask}`;
  return compileKernel(name, () => kernelModule(name, (m) => writeBackward(m, mask)));
}

function writeBackward(m: ModuleBuilder, mask: Mask): void {
  const addGradients = writeParameterGradients(m, backwardTask.reader);
  const meanTable = writeMeanTable(m);
  const coefficients = writeBackwardCoefficients(m);
  const gradientSums = writeGradientSums(m, mask);
  const gradient = writeGradient(m, mask === 'masked');

  // Table 0 is where the means go.
  const partReduce = m.func('partReduce', partSignature, (f, { task, image, part, tables, sums }) => {
    const { word } = backwardTask.reader(f, task);
    const stride = word('stride');
    const own = rowsOfPart(f, word('rows'), word('partRows'), part, word('parts'), word('tail'));
    const offset = f.let(image.times(word('imageBytes')).plus(own.first.times(stride)));
    f.call(meanTable, { task, image, table: tables });
    f.fill(sums, 0, word('sumsBytes'));
    f.call(gradientSums, {
      ...moved({ x: word('x'), y: word('y'), dy: word('dy'), d: word('d') }, offset),
      ...{ rows: own.count, tail: own.tail, stride, means: tables, sums },
      seconds: sums.plus(word('sumsBytes').shrU(1)),
    });
  });

  const partGradient = m.func('partGradient', partSignature, (f, { task, image, part, tables }) => {
    const { word } = backwardTask.reader(f, task);
    const stride = word('stride');
    const own = rowsOfPart(f, word('rows'), word('partRows'), part, word('parts'), word('tail'));
    const offset = f.let(image.times(word('imageBytes')).plus(own.first.times(stride)));
    f.if(word('dx'), () =>
      f.call(gradient, {
        ...moved({ x: word('x'), y: word('y') }, offset),
        ...moved({ dy: word(mask === 'kept' ? 'd' : 'dy'), dx: word('dx') }, offset),
        ...{ rows: own.count, tail: own.tail, stride, tables },
        apart: word('tableBytes'),
      }),
    );
  });

  // A part is a run of images, which share float64 sums of dgamma and dbeta.
  m.func('images', { begin: i32, end: i32, task: i32 }, (f, { begin, end, task }) => {
    const read = backwardTask.reader(f, task);
    const { word } = read;
    const sums = ownRoom(f, read);
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
    const read = backwardTask.reader(f, task);
    const tables = ownRoom(f, read);
    eachPart(f, begin, end, task, read, (args) => f.call(partReduce, { ...args, tables }));
  });
  // One item: all images, in order, with dgamma and dbeta.
  m.func('coefficients', { begin: i32, end: i32, task: i32 }, (f, { task }) => {
    const { word } = backwardTask.reader(f, task);
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
    const read = backwardTask.reader(f, task);
    eachPart(f, begin, end, task, read, (args) => f.call(partGradient, args));
  });
}
