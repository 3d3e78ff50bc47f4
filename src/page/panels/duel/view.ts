/** What the panel draws of a side: a network that trains, or a trace of a run. Plain data, which crosses from the worker. */
export interface SideView {
  title: string;
  /** Steps, and the loss of each: of more than a curve can show, means of as many as go into one. */
  curve: { steps: Float64Array; losses: Float64Array };
  epochs: readonly EpochView[];
  layers: readonly LayerView[];
  /** The loss of the last step, and the share of its batch that is classified rightly; null before the first. */
  last: { step: number; loss: number; accuracy: number } | null;
  /** `loss NaN at step 12`; null while it goes well. */
  diverged: string | null;
  /** Why it cannot train at all, in the engine's words. */
  refused: string | null;
}

/** The mean over the steps of an epoch, and the test after it: what `train` prints. */
interface EpochView {
  epoch: number;
  train: { loss: number; accuracy: number };
  test: { loss: number; accuracy: number };
}

/** A layer in the last step. */
export interface LayerView {
  name: string;
  /** Of what it passes on to the next: after norm and ReLU. */
  mean: number;
  std: number;
  /** Euclidean norms; null where there is none. `bias`: of a bias in front of the norm, be there one or not. */
  gradient: number | null;
  bias: number | null;
}

export interface DuelView {
  steps: number;
  perEpoch: number;
  sides: readonly [SideView, SideView];
  /** Both have diverged, or have done all steps there are. */
  over: boolean;
}

const mostPoints = 240;

/** As many points as a curve can show. */
export function curveOf(losses: readonly number[]): SideView['curve'] {
  const every = Math.ceil(losses.length / mostPoints) || 1;
  const steps = Float64Array.from({ length: Math.floor(losses.length / every) }, (_, i) => (i + 1) * every);
  const means = steps.map(
    (end) => losses.slice(end - every, end).reduce((sum, loss) => sum + loss, 0) / every,
  );
  return { steps, losses: means };
}
