import type { SetStatistics, SetView } from '../../../contract.ts';
import { scratch } from '../../runtime/operands.ts';
import { runInTurn, threadCount } from '../../runtime/threads.ts';
import { maskOf } from '../mask.ts';
import { addPartials } from '../parameterGradients.ts';
import { type Task, WORD } from '../task.ts';
import { backwardKernel, SEGMENT } from './backward.ts';
import { forwardKernel } from './forward.ts';
import { RECORD } from './reduce.ts';

/** Floats of a part: some 5 us of work. */
const PART = 8192;

/** Whole rows, `group` to a part; or chunks of `group` columns, `parts` of them to a row. */
interface Plan {
  readonly chunked: boolean;
  readonly parts: number;
  readonly group: number;
}

/** Whether rows are cut, by the view alone. Rows of several sets are not. */
function planRows({ n, g, k }: SetView, longest: number): Plan {
  const features = g * k;
  if (g === 1 && k > longest) {
    return { chunked: true, parts: Math.ceil(k / PART), group: PART };
  }
  // More parts for more work: adding up the parts must cost nothing beside making them.
  const floats = n * features;
  const most = Math.min(64, Math.max(16, floats / 65536));
  return { chunked: false, parts: 1, group: Math.ceil(Math.max(PART / features, n / most)) };
}

function describe({ words }: Task, { n, g, k }: SetView, { parts, group }: Plan): void {
  words[WORD.images] = n;
  words[WORD.groups] = g;
  words[WORD.k] = k;
  words[WORD.features] = g * k;
  words[WORD.parts] = parts;
  words[WORD.group] = group;
}

/** Scratch of each thread: two slots for sets (walk.ts), then `bytes`. */
function ownScratch({ words }: Task, bytes: number): void {
  words[WORD.ownBytes] = 64 + bytes;
  words[WORD.own] = scratch((threadCount() * words[WORD.ownBytes]) / 4).byteOffset;
}

export function rowsForward(task: Task, view: SetView, given: SetStatistics | null | undefined): void {
  const { words, address } = task;
  const { n } = view;
  const kernel = forwardKernel();
  // Many long rows keep all threads busy without being cut.
  const plan = planRows(view, n >= 8 ? Number.POSITIVE_INFINITY : 2 * PART);
  describe(task, view, plan);
  ownScratch(task, 0);
  if (!plan.chunked) {
    kernel.range('rows', n, Math.ceil(PART / words[WORD.features]), address);
    return;
  }
  const items = n * plan.parts;
  words[WORD.sums] = scratch(4 * items).byteOffset;
  if (!given) {
    kernel.parallel('chunkMoments', items, address);
    kernel.call('joinChunks', address);
  }
  kernel.parallel('chunkNormalize', items, address);
}

export function rowsBackward(task: Task, view: SetView): void {
  const { words, address } = task;
  const { n } = view;
  const features = view.g * view.k;
  const kernel = backwardKernel(maskOf(task));
  // The float32 sums of a longer row's features would drive the row itself out of the cache.
  const plan = planRows(view, 2 * PART);
  describe(task, view, plan);
  const padded = (floats: number): number => Math.ceil(floats / 16) * 16;
  words[WORD.gradientsBytes] = 16 * padded(features);
  if (!plan.chunked) {
    const parts = Math.ceil(n / plan.group);
    words[WORD.stride] = 4 * padded(features);
    ownScratch(task, 2 * words[WORD.stride] + SEGMENT * view.g * RECORD.bytes);
    words[WORD.gradients] = scratch((parts * words[WORD.gradientsBytes]) / 4).byteOffset;
    const rows = kernel.job('rows', parts, 1, address);
    runInTurn(words[WORD.wanted] ? [rows, addPartials(kernel, task, parts)] : [rows]);
    return;
  }
  words[WORD.stride] = 4 * plan.group;
  // Float32 sums of two gradients, then float64 ones.
  ownScratch(task, 6 * words[WORD.stride]);
  words[WORD.sums] = scratch(4 * n * plan.parts).byteOffset;
  if (words[WORD.reduces]) {
    kernel.parallel('chunkReduce', plan.parts, address);
    kernel.call('joinChunks', address);
  }
  if (words[WORD.dx]) kernel.parallel('chunkGradient', n * plan.parts, address);
}
