import type { Numbers } from './kernels.ts';

/**
 * Who owns what a kernel allocates? A kernel cannot know whether its results live for a step, for a noGrad block or for
 * good, so it only lists the blocks that it took from a pool; the autograd layer claims the list after each op and hands
 * every block to the right lifetime (src/autograd/lifetime.ts). Kernels that allocate ordinary typed arrays list nothing:
 * the garbage collector owns those.
 */
let fresh: Numbers[] = [];

/** Called by kernels for every pooled block that outlives the kernel call. */
export function listFresh(block: Numbers): void {
  fresh.push(block);
}

/** The blocks listed since the last claim. */
export function claimFresh(): Numbers[] {
  if (fresh.length === 0) return none;
  const claimed = fresh;
  fresh = [];
  return claimed;
}

const none: Numbers[] = [];
