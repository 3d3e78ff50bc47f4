import { type Tensor, tensor } from '../../../autograd/index.ts';
import type { NDArray, SetStatistics } from '../../../kernels/contract.ts';

/** The attributes of a golden case, read with the type that is expected; errors name the attribute. */
export interface Attributes {
  number(name: string, fallback?: number): number;
  flag(name: string, fallback: boolean): boolean;
  text(name: string, fallback?: string): string;
  list(name: string, fallback?: readonly number[]): readonly number[];
  rows(name: string): readonly (readonly number[])[];
}

/** Inputs by name. gamma and beta are null where the case has none; others that are absent are undefined. */
export type GoldenInputs = Readonly<Record<string, Tensor>> & {
  readonly x: Tensor;
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
};

/**
 * How a norm computes a golden case (test/golden: PyTorch's numbers): y, or several outputs by name. Inputs come in this
 * side's layout, channels last, and results go back by themselves; `layout: 'own'` gets and gives them as they are, and
 * 'weight' has kernels and dense weights [..., out] for x.
 */
export interface GoldenRun {
  layout?: 'channels' | 'own' | 'weight';
  run: (inputs: GoldenInputs, attributes: Attributes) => Tensor | Record<string, Tensor>;
}

export function epsOf(attributes: Attributes): number {
  return attributes.number('eps', 1e-5);
}

/** The running statistics in evaluation, from the inputs or the attributes; null in training. */
export function givenStatistics(inputs: GoldenInputs, attributes: Attributes): SetStatistics | null {
  if (attributes.flag('training', true)) return null;
  const { x, runningMean, runningVar } = inputs;
  if (runningMean && runningVar) return { mean: runningMean, variance: runningVar };
  return {
    mean: constantList(x, attributes, 'runningMean'),
    variance: constantList(x, attributes, 'runningVar'),
  };
}

/** An attribute [C], in the precision of x. */
export function constantList(x: Tensor, attributes: Attributes, name: string): NDArray {
  return tensor([...attributes.list(name)], undefined, { dtype: x.dtype });
}
