import { choiceField, type Fields, normField, numbersField, wholeField } from '../../address/fields.ts';

/** Panel 3: one set of three values, and how many values the sets of the random draws have. */
export interface ProjectionState {
  norm: string;
  mode: 'train' | 'eval';
  x: readonly number[];
  g: readonly number[];
  m: number;
}

export const projectionFields: Fields<ProjectionState> = {
  norm: normField('batch', ({ standard }) => standard),
  mode: choiceField('train', ['train', 'eval']),
  x: numbersField([1, 2, 4], 3, 3),
  g: numbersField([1.75, 0, 0.25], 3, 3),
  m: wholeField(2, 2, 64),
};
