/** What all losses share: how the numbers of single elements become one, and what must fit each other. */
import { shown, unknownName } from '../../errors.ts';
import { mul } from '../arithmetic.ts';
import { requireOneDType } from '../graph.ts';
import { mean, sum } from '../reduce.ts';
import type { Tensor } from '../tensor.ts';

/** 'mean' over what counts, 'sum', or 'none': one number for each element, or for each position of class logits. */
export type Reduction = 'mean' | 'sum' | 'none';

const reductions: readonly Reduction[] = ['mean', 'sum', 'none'];

/** How the losses of elements become one number. */
export interface ReductionOptions {
  /** Default: 'mean'. */
  reduction?: Reduction;
}

/** The reduction of the options. Throws for one that there is not. */
export function reductionOf(name: string, { reduction = 'mean' }: ReductionOptions): Reduction {
  if (reductions.includes(reduction)) return reduction;
  const what =
    typeof reduction === 'string' ? unknownName('reduction', reduction, reductions) : shown(reduction);
  throw new Error(`${name}: reduction is one of ${reductions.join(', ')}, got ${what}.`);
}

/** The losses of all elements, or their mean or sum. */
export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? sum(losses) : mean(losses);
}

/** Throws unless both have one dtype and shape: broadcast, [N] against [N, 1] would compare everything with everything. */
export function requireSameShape(name: string, prediction: Tensor, target: Tensor): void {
  requireOneDType(name, prediction, target);
  if (prediction.shape.join() === target.shape.join()) return;
  throw new Error(
    `${name}: prediction [${prediction.shape.join(', ')}] and target [${target.shape.join(', ')}] must have one shape.`,
  );
}

/** x times a number, or a tensor that broadcasts to x's shape; x itself without. */
export function weighed(name: string, what: string, x: Tensor, by: Tensor | number | undefined): Tensor {
  if (by === undefined) return x;
  const product = mul(x, by);
  if (product.rank === x.rank && product.size === x.size) return product;
  throw new Error(
    `${name}: ${what} broadcasts to the prediction's shape [${x.shape.join(', ')}], got ${shown(by)}.`,
  );
}
