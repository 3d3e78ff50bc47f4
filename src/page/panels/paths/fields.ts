import type { Detached } from '../../../nn/norm/core/conventions.ts';
import { choiceField, type Fields, normField, numbersField } from '../../address/fields.ts';

/** Panel 2: what the paths of dx are shown for. */
export interface PathsState {
  norm: string;
  x: readonly number[];
  dy: readonly number[];
  gamma: readonly number[];
  mode: 'train' | 'eval';
  detach: Detached;
}

export const pathsFields: Fields<PathsState> = {
  norm: normField('layer', ({ standard, kind }) => standard && kind === 'activation'),
  x: numbersField([1, 2, 3, 6], 1, 12),
  dy: numbersField([0.5, -1, 0.25, 1], 1, 12),
  gamma: numbersField([1], 1, 12),
  mode: choiceField('train', ['train', 'eval']),
  detach: choiceField('none', ['none', 'mean', 'variance', 'both']),
};
