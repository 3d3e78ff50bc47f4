import { choiceField, type Fields, normField, numberField, wholeField } from '../../address/fields.ts';
import { type EvaluationState, mostBatch, mostSeen } from './state.ts';

export const evaluationFields: Fields<EvaluationState> = {
  norm: normField('batch', ({ runs }) => runs),
  batch: wholeField(2, 1, mostBatch),
  momentum: numberField(0.1, 0.01, 1),
  variance: choiceField('unbiased', ['unbiased', 'biased']),
  layer: choiceField('training', ['training', 'weights', 'frozen']),
  seen: wholeField(30, 1, mostSeen),
  seed: wholeField(1, 0, 999_999),
};
