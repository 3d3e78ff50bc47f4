import type { Detached } from '../nn/norm/core/conventions.ts';

/** What is explained: a norm, and the numbers to do it with. */
export interface Request {
  /** Rows are samples; a single row is one index set. */
  x?: readonly (readonly number[])[];
  /** dL/dy, as many numbers as x. */
  g?: readonly (readonly number[])[];
  gamma?: readonly number[];
  beta?: readonly number[];
  mode?: 'train' | 'eval';
  /** For evaluation: the running statistics in the order of the norm's buffers, mean and variance; default: those of this very x. */
  running?: readonly number[];
  detach?: Detached;
  /** [N, ..., C]: of x, or of random numbers where no x is given. */
  shape?: readonly number[];
  groups?: number;
  /** Samples that share statistics, of Ghost BatchNorm. */
  virtualBatch?: number;
  /** Index of the one element of y that has a gradient, and that the picture is about; in place of g. */
  at?: readonly number[];
  eps?: number;
}
