import type { SetStatistics, SetView } from '../../../contract.ts';
import { scratch } from '../../runtime/operands.ts';
import { remember } from '../../runtime/remember.ts';
import { runInTurn, threadCount } from '../../runtime/threads.ts';
import { fold } from '../fold.ts';
import { maskOf } from '../mask.ts';
import { addPartials } from '../parameterGradients.ts';
import { type Task, viewWords, WORD } from '../task.ts';
import { backwardKernel, forwardKernel } from './columns.ts';
import { sumsBytes } from './sums.ts';
import { tableBytes } from './tables.ts';

/** Floats of a part that is done from statistics to result by one thread. */
const WHOLE = 8192;
/** Floats of a part of an image: some microseconds of work. */
const PART = 4096;
/** Images up to this many floats stay in a core's second cache with all that is made from them. */
const SMALL_IMAGE = 32768;
const MOST_PARTS = 64;

/** How the work is cut, by the view alone: the same parts, and so the same bits, for any number of threads. */
interface Plan {
  /** Each image by one thread, or each in parts of rows. */
  readonly kind: 'images' | 'parts';
  /** images: runs of images; parts: parts of all images. */
  readonly items: number;
  /** The words of the task from `images` on, in their order. */
  readonly words: Int32Array;
  /** Bytes: sums and tables of all parts and images, and what each thread has for itself. */
  readonly shared: { sums: number; tables: number };
  readonly own: number;
}

/** Coefficients of a column. */
const TABLES = { forward: 3, backward: 4 };
// A set that is the whole image is summed as one long row in the forward pass; backward, every column has its gradients.
const forwardPlan = remember((n, p, g, k) => planColumns({ n, p, g, k }, TABLES.forward, true));
const backwardPlan = remember((n, p, g, k) => planColumns({ n, p, g, k }, TABLES.backward, false));

export function columnsForward(task: Task, view: SetView, given: SetStatistics | null | undefined): void {
  const { words, address } = task;
  const kernel = forwardKernel();
  const plan = forwardPlan(view.n, view.p, view.g, view.k);
  describe(task, plan, 0);
  if (plan.kind === 'images') {
    kernel.range('images', view.n, words[WORD.group], address);
    return;
  }
  const jobs = [
    kernel.job('coefficients', view.n, 1, address),
    kernel.job('normalizeParts', plan.items, 1, address),
  ];
  runInTurn(given ? jobs : [kernel.job('sumParts', plan.items, 1, address), ...jobs]);
}

export function columnsBackward(task: Task, view: SetView): void {
  const { words, address } = task;
  const kernel = backwardKernel(maskOf(task));
  const plan = backwardPlan(view.n, view.p, view.g, view.k);
  const { items } = plan;
  const partials = plan.kind === 'images' ? items : 1;
  describe(task, plan, partials * 16 * view.g * view.k);
  const jobs = [];
  if (plan.kind === 'images') {
    jobs.push(kernel.job('images', items, 1, address));
    if (words[WORD.wanted]) jobs.push(addPartials(kernel, task, partials));
  } else {
    if (words[WORD.reduces]) jobs.push(kernel.job('sumParts', items, 1, address));
    jobs.push(kernel.job('coefficients', 1, 1, address));
    if (words[WORD.dx]) jobs.push(kernel.job('gradientParts', items, 1, address));
  }
  runInTurn(jobs);
}

/** Writes into the task how images are walked and cut, and the scratch for it, in one block. */
function describe({ words }: Task, { words: planned, shared, own }: Plan, gradients: number): void {
  words.set(planned, WORD.images);
  const threads = threadCount() * own;
  const { byteOffset } = scratch((shared.sums + shared.tables + threads + gradients) / 4);
  words[WORD.sums] = byteOffset;
  words[WORD.tables] = words[WORD.sums] + shared.sums;
  words[WORD.own] = words[WORD.tables] + shared.tables;
  words[WORD.gradients] = words[WORD.own] + threads;
}

/** `long`: a set's statistics, where it is the whole image, are taken from it as from one long row. */
function planColumns({ n, p, g, k }: SetView, tables: number, long: boolean): Plan {
  const features = g * k;
  const floats = p * features;
  const walk = fold(p, features);
  const isLong = long && g === 1;
  const sets = isLong ? fold(floats, 1) : walk;
  // One image (BatchNorm: the whole batch) would be one part, and leave all threads but one without work.
  const single = n === 1 && floats > WHOLE;
  const kind = (floats <= SMALL_IMAGE && !single) || n >= 16 ? 'images' : 'parts';
  const parts = kind === 'images' ? 1 : partCount(floats, Math.max(walk.rows, 1));
  const group = kind === 'images' ? Math.max(Math.ceil(WHOLE / floats), Math.ceil(n / MOST_PARTS)) : 1;
  const sums = sumsBytes(sets.width);
  const table = tableBytes(walk.width);
  const whole = kind === 'images';
  const own = whole ? sums + tables * table : Math.max(table, tableBytes(sets.width));
  const words = viewWords({
    images: n,
    imageBytes: 4 * floats,
    groups: g,
    k,
    features,
    parts,
    group,
    sumsBytes: sums,
    tableBytes: table,
    tablesBytes: tables * table,
    gradientsBytes: 16 * features,
    ownBytes: own,
    stride: 4 * walk.width,
    rows: walk.rows,
    tail: walk.tail,
    partRows: Math.ceil(walk.rows / parts),
    setStride: 4 * sets.width,
    setRows: sets.rows,
    setTail: sets.tail,
    setPartRows: Math.ceil(sets.rows / parts),
    setK: isLong ? 1 : k,
  });
  return {
    kind,
    items: whole ? Math.ceil(n / group) : n * parts,
    words,
    shared: whole ? { sums: 0, tables: 0 } : { sums: n * parts * sums, tables: n * tables * table },
    own,
  };
}

/** Parts of at least 16 rows, since adding up a part costs as much as a few rows of it. */
function partCount(floats: number, rows: number): number {
  return Math.max(1, Math.min(Math.ceil(floats / PART), Math.ceil(rows / 16), MOST_PARTS));
}
