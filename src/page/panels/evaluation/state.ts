/** Panel 6: a layer, and the batches that stream through it. No import, for both threads have it. */
export interface EvaluationState {
  norm: string;
  /** Values in a batch. */
  batch: number;
  /** The weight of the new batch. */
  momentum: number;
  variance: 'unbiased' | 'biased';
  /** What of the layer learns: all; gamma and beta stand still; nothing (`freeze()`). */
  layer: 'training' | 'weights' | 'frozen';
  /** How many batches have come. */
  seen: number;
  seed: number;
}

export const mostBatch = 64;
export const mostSeen = 60;

/** What the batches are drawn from: a normal distribution. */
export const truth = { mean: 3, std: 2 } as const;

/** A running statistic, batch by batch. */
export interface Course {
  /** The buffer's: runningMean. */
  name: string;
  start: number;
  /** Of each batch alone, as it goes into the running one; and the running one after it. */
  batch: readonly number[];
  running: readonly number[];
  /** The largest distance of the layer's from (1 - w) old + w batch, or from standing still where it is frozen. */
  offBy: number;
}

export interface EvaluationView {
  courses: readonly Course[];
  /** The newest batch, and what the layer makes of it in training and, with the statistics after it, in evaluation. */
  x: readonly number[];
  training: readonly number[];
  evaluation: readonly number[];
  /** The statistics that evaluation took, rounded to what the command says. */
  running: readonly number[];
  /** The root mean square of training minus evaluation. */
  gap: number;
  /** The same over many batches, for batches of each size; null: not yet computed. */
  gaps: readonly { batch: number; gap: number | null }[];
  /** One batch 1, 2, 4, 7 through a new BatchNorm; null for other norms. */
  example: readonly ExampleRow[] | null;
}

export interface ExampleRow {
  who: string;
  /** The weight of the new batch. */
  weight: number;
  variance: 'unbiased' | 'biased';
  runningMean: number;
  runningVar: number;
}
