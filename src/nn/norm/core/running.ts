import { Tensor } from '../../../autograd/index.ts';
import type { NDArray, Numbers, SetStatistics } from '../../../kernels/contract.ts';
import { requireFields } from '../../../options.ts';
import { type AffineOptions, affineParameters, Norm } from './norm.ts';
import { checkNorm } from './options.ts';
import { checkFeatures, checkSetSize } from './sets.ts';

/** How running statistics follow those of the batches. `momentum` and `decay` exclude each other. */
export interface RunningOptions {
  /**
   * The weight of the NEW batch, as in PyTorch; default: 0.1. null: 1 / t in step t, the plain average over all
   * batches so far.
   */
  momentum?: number | null;
  /** The weight of the OLD value: what Keras and Flax call momentum. */
  decay?: number;
}

/** Of norms that can do without running statistics. */
export interface TrackingOptions extends RunningOptions {
  /**
   * Keep running statistics, for evaluation; false: evaluation too takes the statistics of its input. Default: true, of
   * InstanceNorm false, as in PyTorch.
   */
  trackRunningStats?: boolean;
  /** A batch's variance on its way into the running one: sum / (m - 1), as PyTorch has it, or sum / m, as Keras. */
  runningVar?: 'unbiased' | 'biased';
}

/** Running mean and variance of a channel: [C] each. */
export interface RunningMoments {
  mean: Tensor;
  variance: Tensor;
}

/** A norm that uses the batch's statistics in training and running ones in evaluation. They are buffers, off the graph. */
export abstract class RunningNorm extends Norm {
  /** How many batches the plain average has seen, [1]; null where the weight is fixed. */
  readonly batches: Tensor | null;
  readonly #weight: number;
  #batchCount = 0;
  /** Values per set seen since recalibration began; null outside of it. */
  #recalibrated: number | null = null;

  constructor(
    /** For messages: `BatchNorm(features=16)`. */
    protected readonly layer: string,
    readonly features: number,
    options: RunningOptions,
    defaultMomentum = 0.1,
    /** Does it keep running statistics? Without them evaluation takes those of its input. */
    readonly tracks = true,
  ) {
    super();
    checkNorm(layer, features, options);
    const { momentum, decay } = options;
    if (momentum != null && decay != null) {
      throw new Error(
        `${layer}: momentum (${momentum}, the weight of the new batch) and decay (${decay}, the weight of the old value) ` +
          'say the same thing twice. Give one of them; momentum = 1 - decay.',
      );
    }
    this.#weight = decay != null ? 1 - decay : (momentum ?? defaultMomentum);
    const averages = tracks && momentum === null && decay == null;
    this.batches = averages ? new Tensor(new Float32Array(1), [1]) : null;
  }

  /** Throws for input of other features, and for a training batch that has no variance. */
  protected check(x: Tensor, features: number): void {
    checkFeatures(this.layer, x, features);
    if (this.learning) checkSetSize(this.layer, x.shape);
  }

  /** Batches that have moved the running statistics: PyTorch's num_batches_tracked. Only a plain average depends on it. */
  get batchCount(): number {
    return this.batches ? this.batches.data[0] : this.#batchCount;
  }

  set batchCount(count: number) {
    if (this.batches) this.batches.data[0] = count;
    else this.#batchCount = count;
  }

  /** From now on the running statistics become those of all values that come, each counted once (recalibrate.ts). */
  recalibrating(on: boolean): void {
    this.#recalibrated = on ? 0 : null;
  }

  protected get isRecalibrating(): boolean {
    return this.#recalibrated !== null;
  }

  /** The weight of a new batch with m values per set. Once per batch: it counts. */
  protected nextWeight(m: number): number {
    return this.nextMove(m).weight;
  }

  /** The same, with how many values were seen before where they are to be taken together. */
  protected nextMove(m: number): Pick<Move, 'weight' | 'seen'> {
    if (m === 0) throw new Error(`${this.layer}: training needs values, and this batch has none.`);
    if (this.#recalibrated !== null) {
      const seen = this.#recalibrated;
      this.#recalibrated += m;
      return { weight: m / this.#recalibrated, seen };
    }
    this.batchCount++;
    return { weight: this.batches ? 1 / this.batches.data[0] : this.#weight };
  }

  /** The statistics that are given instead of computed: in evaluation the running ones; in training null. */
  protected givenFrom<Running>(running: Running): Running | null {
    return this.learning ? null : running;
  }

  /** Moves the running moments towards those of a batch. */
  protected follow(running: RunningMoments, batch: SetStatistics, set: BatchVariance): void {
    moveMoments(running, batch, { ...set, ...this.nextMove(set.m) });
  }

  /** Moves running statistics of any kind towards those of a batch with m values per set, which have the same names. */
  protected average<Name extends string>(
    running: Readonly<Record<Name, Tensor>>,
    batch: Readonly<Record<Name, NDArray>>,
    m: number,
  ): void {
    const weight = this.nextWeight(m);
    for (const name in running) moveTowards(running[name], batch[name].data, weight);
  }
}

/** The same with gamma and beta [C], C = features. */
export abstract class AffineRunningNorm<Options extends RunningOptions & AffineOptions> extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    layer: string,
    features: number,
    readonly options: Options,
    defaultMomentum?: number,
    tracks?: boolean,
  ) {
    super(layer, features, options, defaultMomentum, tracks);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }
}

/** What a batch's variance is, and what it becomes on its way into the running one. */
export interface BatchVariance {
  /** Values per set. */
  m: number;
  /** The batch's is sum / (m - ddof); default: 0. */
  ddof?: 0 | 1;
  /** The running one follows sum / (m - 1), else sum / m. Of a single value the former is 0/0, so there the latter stays. */
  unbiased: boolean;
}

export interface Move extends BatchVariance {
  /** Of the batch; the old value has the rest. */
  weight: number;
  /**
   * How many values the running moments hold: they become those of all values together, with the variance between the means
   * of the batches, and `weight` is m / (seen + m). Absent: an average of batches.
   */
  seen?: number;
}

/** running <- (1 - weight) running + weight batch, for means and variances [C]. */
export function moveMoments(running: RunningMoments, batch: SetStatistics, move: Move): void {
  requireFields('moveMoments', move, 'how to move', ['m', 'weight', 'unbiased']);
  const { m, ddof = 0, weight, unbiased, seen } = move;
  const [mean, variance] = [running.mean.data, running.variance.data];
  const [batchMean, batchVariance] = [batch.mean.data, batch.variance.data];
  const divisor = (count: number) => (unbiased && count > 1 ? count - 1 : count);
  const correction = (m - ddof) / divisor(m);
  for (let c = 0; c < mean.length; c++) {
    const step = batchMean[c] - mean[c];
    mean[c] += weight * step;
    if (seen === undefined) {
      variance[c] += weight * (batchVariance[c] * correction - variance[c]);
    } else {
      // Sums of squares add up; that of two means around their common one is step^2 seen m / (seen + m)
      const squares = batchVariance[c] * (m - ddof) + step * step * seen * weight;
      variance[c] += (squares - (divisor(seen + m) - divisor(seen)) * variance[c]) / divisor(seen + m);
    }
  }
}

/** running <- (1 - weight) running + weight batch. */
export function moveTowards(running: Tensor, batch: Numbers, weight: number): void {
  const { data } = running;
  for (let i = 0; i < data.length; i++) data[i] += weight * (batch[i] - data[i]);
}

/** A buffer [count], all of one value. */
export function buffer(count: number, value: number): Tensor {
  return new Tensor(new Float32Array(count).fill(value), [count]);
}
