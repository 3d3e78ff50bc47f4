import * as v from 'valibot';
import {
  choiceField,
  type Field,
  type Fields,
  normField,
  numbersField,
  wholeField,
} from '../../address/fields.ts';

/** Panel 1: whose sets are shown, of what shape, and which output is looked at. */
export interface SetsState {
  norm: string;
  beside: string;
  n: number;
  /** Positions: 4 are an image of 2 by 2, fewer lie in a row. */
  p: number;
  c: number;
  /** Of norms of weights: rows of the weight [in, filters]. */
  inputs: number;
  filters: number;
  groups: number;
  ghost: number;
  /** Sample, position and channel of the output; of a weight 0, input and filter. Beyond the shape: the last one. */
  at: readonly number[];
  backward: 'whole' | 'detached';
}

const { schema, ...index } = numbersField([1, 1, 1], 3, 3, 63);
const indexField: Field<readonly number[]> = {
  ...index,
  schema: v.pipe(
    schema,
    v.check(
      (given) => given.every((each) => Number.isInteger(each) && each >= 0),
      'must be whole numbers from 0',
    ),
  ),
};

export const setsFields: Fields<SetsState> = {
  norm: normField('batch'),
  beside: normField('group', () => true, ['none']),
  n: wholeField(4, 1, 4),
  p: wholeField(4, 1, 4),
  c: wholeField(4, 1, 4),
  inputs: wholeField(6, 1, 8),
  filters: wholeField(4, 1, 4),
  groups: wholeField(2, 1, 4),
  ghost: wholeField(2, 1, 4),
  at: indexField,
  backward: choiceField('whole', ['whole', 'detached']),
};
