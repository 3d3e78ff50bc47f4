import type { SetStatistics, SetView } from '../../../kernels.ts';
import { scratch } from '../../operands.ts';
import { threadCount } from '../../threads.ts';
import { fold } from '../fold.ts';
import { maskOf } from '../mask.ts';
import { addPartials } from '../parameterGradients.ts';
import { type Task, WORD } from '../task.ts';
import { backwardKernel, forwardKernel } from './columns.ts';
import { SUMS_BYTES } from './group.ts';

/** Floats of a part: some 5 us of work. */
const PART = 8192;
/** Images up to this many floats stay in a core's second cache with all that is made from them. */
const SMALL_IMAGE = 32768;
const MOST_PARTS = 64;

export function columnsForward(task: Task, view: SetView, given: SetStatistics | null | undefined): void {
  const kernel = forwardKernel();
  const { kind, items } = planColumns(task, view, 3, true);
  if (kind === 'images') {
    kernel.range('images', view.n, task.words[WORD.group], task.address);
    return;
  }
  if (!given) kernel.parallel('sumParts', items, task.address);
  kernel.call('coefficients', task.address);
  kernel.parallel('normalizeParts', items, task.address);
}

export function columnsBackward(task: Task, view: SetView): void {
  const { words, address } = task;
  const kernel = backwardKernel(maskOf(task));
  const { kind, items } = planColumns(task, view, 4, false);
  const partials = kind === 'images' ? items : 1;
  words[WORD.gradientsBytes] = 16 * view.g * view.k;
  words[WORD.gradients] = scratch((partials * words[WORD.gradientsBytes]) / 4).byteOffset;
  if (kind === 'images') {
    kernel.parallel('images', items, address);
  } else {
    kernel.call('meanTables', address);
    if (words[WORD.reduces]) kernel.parallel('sumParts', items, address);
    kernel.call('coefficients', address);
    if (words[WORD.dx]) kernel.parallel('gradientParts', items, address);
  }
  addPartials(kernel, task, partials);
}

/** How the work is cut, by the view alone: the same parts, and so the same bits, for any number of threads. */
interface Plan {
  /** Each image by one thread, or each in parts of rows. */
  readonly kind: 'images' | 'parts';
  /** images: runs of `group` images; parts: parts of all images. */
  readonly items: number;
}

/**
 * Writes into the task how images are walked and cut, and the scratch for it: for each thread (images) or each part and image
 * (parts). `tables` is how many coefficients a column has; `contiguous` says that a set's statistics, where it is the whole
 * image, are taken from it as from one long row.
 */
function planColumns(task: Task, view: SetView, tables: number, contiguous: boolean): Plan {
  const { words } = task;
  const { n, p, g, k } = view;
  const features = g * k;
  const floats = p * features;
  const walk = fold(p, features);
  const sets = contiguous && g === 1 ? fold(floats, 1) : walk;
  // One image (BatchNorm: the whole batch) would be one part, and leave all threads but one without work.
  const single = n === 1 && floats > 2 * PART;
  const kind = (floats <= SMALL_IMAGE && !single) || n >= 16 ? 'images' : 'parts';
  const parts = kind === 'images' ? 1 : partCount(floats, Math.max(walk.rows, 1));
  const group = kind === 'images' ? Math.max(Math.ceil(PART / floats), Math.ceil(n / MOST_PARTS)) : 1;
  const sumsBytes = Math.ceil(sets.width / 8) * SUMS_BYTES;
  const tablesBytes = Math.ceil((tables * walk.width) / 16) * 64;
  const sumsBlocks = kind === 'images' ? threadCount() : n * parts;
  const tablesBlocks = kind === 'images' ? threadCount() : n;

  words[WORD.images] = n;
  words[WORD.imageBytes] = 4 * floats;
  words[WORD.groups] = g;
  words[WORD.k] = k;
  words[WORD.features] = features;
  words[WORD.parts] = parts;
  words[WORD.group] = group;
  words[WORD.stride] = 4 * walk.width;
  words[WORD.rows] = walk.rows;
  words[WORD.tail] = walk.tail;
  words[WORD.partRows] = Math.ceil(walk.rows / parts);
  words[WORD.setStride] = 4 * sets.width;
  words[WORD.setRows] = sets.rows;
  words[WORD.setTail] = sets.tail;
  words[WORD.setPartRows] = Math.ceil(sets.rows / parts);
  words[WORD.sumsBytes] = sumsBytes;
  words[WORD.tablesBytes] = tablesBytes;
  words[WORD.sums] = scratch((sumsBlocks * sumsBytes) / 4).byteOffset;
  words[WORD.tables] = scratch((tablesBlocks * tablesBytes) / 4).byteOffset;
  return { kind, items: kind === 'images' ? Math.ceil(n / group) : n * parts };
}

/** Parts of at least 16 rows, since adding up a part costs as much as a few rows of it. */
function partCount(floats: number, rows: number): number {
  return Math.max(1, Math.min(Math.ceil(floats / PART), Math.ceil(rows / 16), MOST_PARTS));
}
