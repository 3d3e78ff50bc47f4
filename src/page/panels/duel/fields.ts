import { choiceField, type Fields, normField, numberField, wholeField } from '../../address/fields.ts';
import { type DuelConfig, firstSteps, mostSteps } from './config.ts';

/** Panel 5: the settings of both networks, and how far they are trained. */
export interface DuelState extends DuelConfig {
  steps: number;
}

export const configFields: Fields<DuelConfig> = {
  a: normField('none', () => true, ['none']),
  b: normField('batch', () => true, ['none']),
  depth: wholeField(4, 1, 12),
  width: choiceField('32', ['16', '32', '64']),
  batch: wholeField(32, 1, 128),
  lr: numberField(0.03, 1e-5, 1000),
  optimizer: choiceField('sgd', ['sgd', 'adam']),
  seed: wholeField(1, 0, 999_999),
};

export const duelFields: Fields<DuelState> = {
  ...configFields,
  steps: wholeField(firstSteps, 0, mostSteps),
};
