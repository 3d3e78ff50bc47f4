import { remember } from '../../runtime/remember.ts';
import { addPartials } from '../parameterGradients.ts';
import type { BackwardPlan, ForwardPlan } from '../task.ts';
import { backwardKernel } from './backward.ts';
import { foldRows } from './foldedRows.ts';
import { forwardKernel } from './forward.ts';
import { sumsBytes } from './sums.ts';
import { tableBytes } from './tables.ts';
import { backwardTask, forwardTask } from './task.ts';

/** Floats of a part that is done from statistics to result by one thread. */
const WHOLE = 8192;
/** Floats of a part of an image: some microseconds of work. */
const PART = 4096;
/** Images up to this many floats stay in a core's second cache with all that is made from them. */
const SMALL_IMAGE = 32768;
const MOST_PARTS = 64;
/** Coefficients of a column. */
const TABLES = { forward: 3, backward: 4 };

/**
 * How the work is cut, by the view alone: the same parts, and so the same bits, for any number of threads. Each image is done
 * by one thread (`whole`), a group of images at a time, or in parts of rows. `sets` is how statistics walk an image.
 */
function cutColumns(view: { n: number; p: number; g: number; k: number }, tables: number, long: boolean) {
  const { n, p, g, k } = view;
  const features = g * k;
  const floats = p * features;
  const walk = foldRows(p, features);
  const sets = long ? foldRows(floats, 1) : walk;
  // One image (BatchNorm: the whole batch) would be one part, and leave all threads but one without work.
  const single = n === 1 && floats > WHOLE;
  const whole = (floats <= SMALL_IMAGE && !single) || n >= 16;
  const parts = whole ? 1 : partCount(floats, Math.max(walk.rows, 1));
  const [sums, table] = [sumsBytes(sets.width), tableBytes(walk.width)];
  const own = whole ? sums + tables * table : Math.max(table, tableBytes(sets.width));
  return {
    ...{ whole, sets },
    group: whole ? Math.max(Math.ceil(WHOLE / floats), Math.ceil(n / MOST_PARTS)) : 1,
    room: {
      sums: whole ? 0 : n * parts * sums,
      tables: whole ? 0 : n * tables * table,
      ...{ own, gradients: 0 },
    },
    words: {
      images: n,
      imageBytes: 4 * floats,
      groups: g,
      ...{ k, features, parts },
      sumsBytes: sums,
      tableBytes: table,
      tablesBytes: tables * table,
      ownBytes: own,
      stride: 4 * walk.width,
      rows: walk.rows,
      tail: walk.tail,
      partRows: Math.ceil(walk.rows / parts),
    },
  };
}

/** Parts of at least 16 rows, since adding up a part costs as much as a few rows of it. */
function partCount(floats: number, rows: number): number {
  return Math.max(1, Math.min(Math.ceil(floats / PART), Math.ceil(rows / 16), MOST_PARTS));
}

export const columnsForward = remember((n, p, g, k): ForwardPlan => {
  const kernel = forwardKernel();
  // A set that is the whole image is summed as one long row; backward, every column has its gradients.
  const isLong = g === 1;
  const { whole, sets, group, room, words } = cutColumns({ n, p, g, k }, TABLES.forward, isLong);
  const block = forwardTask.place({
    ...words,
    setStride: 4 * sets.width,
    setRows: sets.rows,
    setTail: sets.tail,
    setPartRows: Math.ceil(sets.rows / words.parts),
    setK: isLong ? 1 : k,
  });
  const { address } = block;
  const items = n * words.parts;
  return {
    ...{ block, room },
    jobs(given) {
      if (whole) return [kernel.job('images', n, group, address)];
      const jobs = [
        kernel.job('coefficients', n, 1, address),
        kernel.job('normalizeParts', items, 1, address),
      ];
      return given ? jobs : [kernel.job('sumParts', items, 1, address), ...jobs];
    },
  };
});

export const columnsBackward = remember((n, p, g, k): BackwardPlan => {
  const { whole, group, room, words } = cutColumns({ n, p, g, k }, TABLES.backward, false);
  const gradientsBytes = 16 * words.features;
  const block = backwardTask.place({ ...words, group, gradientsBytes });
  const { address } = block;
  const runs = whole ? Math.ceil(n / group) : 1;
  const items = n * words.parts;
  return {
    block,
    room: { ...room, gradients: runs * gradientsBytes },
    jobs({ mask, reduces, wanted, dx, gradients }) {
      const kernel = backwardKernel(mask);
      const jobs = [];
      if (whole) {
        jobs.push(kernel.job('images', runs, 1, address));
        if (wanted) jobs.push(addPartials(kernel, words.features, address, gradients, runs));
      } else {
        if (reduces) jobs.push(kernel.job('sumParts', items, 1, address));
        jobs.push(kernel.job('coefficients', 1, 1, address));
        if (dx) jobs.push(kernel.job('gradientParts', items, 1, address));
      }
      return jobs;
    },
  };
});
