import type { Tensor } from '../../autograd/index.ts';
import { checkCount, requireFactory } from '../../options.ts';
import { affineParameters, Norm, type Then } from '../norm/core/norm.ts';
import { scaleShift } from '../norm/pointwise/scaleShift.ts';

/**
 * A norm inside a recurrence: applied at every step of a sequence, with the same gamma and beta.
 *
 * LayerNorm and the others that need no batch take this as they take anything. BatchNorm does not fit. The summed inputs of
 * step 1, where the state is still 0, have another mean and variance than those of step 20; in training each step is
 * normalized by its own, those of the batch at that step. But there is one running mean and one running variance, which the
 * steps move in turn: with the usual momentum of 0.1 the last ten steps have 65 % of the weight, and of the first of 28 only 6 %
 * is left. In evaluation all steps are normalized by these, which is another function than the one that was trained. A smaller
 * momentum makes them an average over all steps, and no step is like the average.
 *
 * `perStep`: running statistics for each step (Cooijmans et al. 2016, arXiv:1603.09025, section 3). Training is the same; in
 * evaluation each step is normalized by what it met in training, for sequences up to that length and no longer. Trap: what is
 * rare in a step (a pixel in the first row of a digit) has hardly any running variance, and stands out in evaluation.
 */
export class SequenceNorm extends Norm {
  /** One for all steps; or one per step, without gamma and beta, which are then here. */
  readonly norms: readonly Norm[];
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    readonly features: number,
    norm: (affine: boolean) => Norm,
    readonly perStep: number | null = null,
  ) {
    super();
    checkCount('SequenceNorm', 'features', features);
    requireFactory('SequenceNorm', norm);
    if (perStep !== null) checkCount('SequenceNorm', 'perStep', perStep);
    this.norms = perStep === null ? [norm(true)] : Array.from({ length: perStep }, () => norm(false));
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], perStep !== null));
  }

  /** Of the first step. */
  forward(x: Tensor, then: Then = {}): Tensor {
    return this.at(0, x, then);
  }

  /** Of step t, counted from 0; x [N, features]. */
  at(t: number, x: Tensor, then: Then = {}): Tensor {
    if (this.perStep === null) return this.norms[0].forward(x, then);
    if (t >= this.perStep) {
      throw new Error(
        `SequenceNorm: it has statistics for ${this.perStep} steps, and this is step ${t + 1}. Statistics per step cannot ` +
          'read a longer sequence; LayerNorm can.',
      );
    }
    return scaleShift(this.norms[t].forward(x), this.gamma, this.beta, then);
  }

  override freeze(frozen = true): this {
    for (const norm of this.norms) norm.freeze(frozen);
    return super.freeze(frozen);
  }
}
