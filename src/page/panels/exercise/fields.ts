import * as v from 'valibot';
import { type Fields, normField } from '../../address/fields.ts';

/** Panel 7: the norm that is asked for, and the answer that is judged. */
export interface ExerciseState {
  norm: string;
  answer: string;
}

export const exerciseFields: Fields<ExerciseState> = {
  norm: normField('layer', ({ quiz }) => quiz),
  // What comes in, handed on: true of no norm.
  answer: {
    initial: 'dy',
    schema: v.pipe(v.string(), v.maxLength(500, 'is longer than 500 characters')),
    write: (text) => text,
  },
};
