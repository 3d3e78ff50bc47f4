import { remember } from '../../runtime/remember.ts';
import { addPartials } from '../parameterGradients.ts';
import { type BackwardPlan, type ForwardPlan, wholeLines } from '../task.ts';
import { backwardKernel, SEGMENT } from './backward.ts';
import { forwardKernel } from './forward.ts';
import { RECORD } from './record.ts';
import { backwardTask, forwardTask } from './task.ts';
import { SLOT_BYTES } from './walk.ts';

/** Floats of a part: some 5 us of work. */
const PART = 8192;

/** Whether rows are cut into chunks of columns; rows of several sets are not. Then the words that follow from the view alone. */
function cutRows(n: number, g: number, k: number, longest: number) {
  const features = g * k;
  const words = { rows: n, groups: g, k, features };
  if (g === 1 && k > longest) {
    return { chunked: true, words: { ...words, parts: Math.ceil(k / PART), group: PART } };
  }
  // More parts for more work: adding up the parts must cost nothing beside making them.
  const most = Math.min(64, Math.max(16, (n * features) / 65536));
  const group = Math.ceil(Math.max(PART / features, n / most));
  return { chunked: false, words: { ...words, parts: 1, group } };
}

export const rowsForward = remember((n, g, k): ForwardPlan => {
  const kernel = forwardKernel();
  // Many long rows keep all threads busy without being cut.
  const { chunked, words } = cutRows(n, g, k, n >= 8 ? Number.POSITIVE_INFINITY : 2 * PART);
  const own = 2 * SLOT_BYTES;
  const block = forwardTask.place({ ...words, ownBytes: own });
  const { address } = block;
  if (!chunked) {
    const grain = Math.ceil(PART / words.features);
    return {
      block,
      room: { sums: 0, tables: 0, own, gradients: 0 },
      jobs: () => [kernel.job('rows', n, grain, address)],
    };
  }
  const items = n * words.parts;
  return {
    block,
    room: { sums: wholeLines(16 * items), tables: 0, own, gradients: 0 },
    jobs(given) {
      const normalize = kernel.job('chunkNormalize', items, 1, address);
      if (given) return [normalize];
      return [
        kernel.job('chunkMoments', items, 1, address),
        kernel.job('joinChunks', 1, 1, address),
        normalize,
      ];
    },
  };
});

export const rowsBackward = remember((n, g, k): BackwardPlan => {
  // The float32 sums of a longer row's features would drive the row itself out of the cache.
  const { chunked, words } = cutRows(n, g, k, 2 * PART);
  const { features, parts, group } = words;
  const padded = Math.ceil(features / 16) * 16;
  const stride = 4 * (chunked ? group : padded);
  // Two slots; then float32 sums of two gradients with the records of a segment, or with the float64 sums of a chunk.
  const own = 2 * SLOT_BYTES + (chunked ? 6 * stride : 2 * stride + SEGMENT * g * RECORD.bytes);
  const block = backwardTask.place({ ...words, ownBytes: own, stride, gradientsBytes: 16 * padded });
  const { address } = block;
  if (!chunked) {
    const runs = Math.ceil(n / group);
    return {
      block,
      room: { sums: 0, tables: 0, own, gradients: runs * 16 * padded },
      jobs({ mask, wanted, gradients }) {
        const kernel = backwardKernel(mask);
        const rows = kernel.job('rows', runs, 1, address);
        return wanted ? [rows, addPartials(kernel, features, address, gradients, runs)] : [rows];
      },
    };
  }
  return {
    block,
    room: { sums: wholeLines(16 * n * parts), tables: 0, own, gradients: 0 },
    jobs({ mask, reduces, dx }) {
      const kernel = backwardKernel(mask);
      const jobs = [];
      if (reduces) {
        jobs.push(kernel.job('chunkReduce', parts, 1, address), kernel.job('joinChunks', 1, 1, address));
      }
      if (dx) jobs.push(kernel.job('chunkGradient', n * parts, 1, address));
      return jobs;
    },
  };
});
