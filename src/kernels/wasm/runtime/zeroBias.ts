import { allocate } from './memory.ts';
import { remember } from './remember.ts';

/** The address of so many zeros, which nobody may change: the bias of a layer without one. They stay for good. */
export const zeroBias = remember((columns) => allocate(columns).fill(0).byteOffset);
