import { type Task, WORD } from './task.ts';

/** What happens to dy on the way: nothing, the relu's mask, or the mask with the masked values written to d. */
export type Mask = 'plain' | 'masked' | 'kept';

/** Each mask has a module of its own: a program rarely needs more than one or two, and small modules start sooner. */
export function maskOf({ words }: Task): Mask {
  if (!words[WORD.relu]) return 'plain';
  return words[WORD.d] ? 'kept' : 'masked';
}
