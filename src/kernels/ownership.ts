import type { Numbers } from './contract.ts';

/**
 * Who owns what a kernel allocates? A kernel cannot know whether its results live for a step, for a noGrad block or for
 * good, so it only lists the blocks that it took from a pool; the autograd layer claims them after each op and hands
 * every block to the right lifetime (src/autograd/lifetime.ts). Kernels that allocate ordinary typed arrays list nothing:
 * the garbage collector owns those.
 */
const fresh: Numbers[] = [];
/** How many of them are listed: counted apart, since an array that is emptied gives its own memory up every time. */
let count = 0;

/** Called by kernels for every pooled block that outlives the kernel call. */
export function listFresh(block: Numbers): void {
  fresh[count++] = block;
}

export function hasFresh(): boolean {
  return count > 0;
}

/** Takes a block off the list: `while (hasFresh()) own(claimFresh())`. */
export function claimFresh(): Numbers {
  return fresh[--count];
}
