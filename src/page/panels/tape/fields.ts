import { type Fields, normField, wholeField } from '../../address/fields.ts';
import { type PathsState, pathsFields } from '../paths/fields.ts';

/** Panel 4: the numbers of the three paths, how many operations have been computed, and which node is looked at. */
export interface TapeState extends PathsState {
  step: number;
  node: number;
}

/** More than there are steps, forward and backward: the end. */
export const END = 99;
/** Look at whichever node is computed. */
export const FOLLOW = 99;

export const tapeFields: Fields<TapeState> = {
  ...pathsFields,
  norm: normField('layer', ({ standard }) => standard),
  step: wholeField(END, 0, END),
  node: wholeField(FOLLOW, 0, FOLLOW),
};
