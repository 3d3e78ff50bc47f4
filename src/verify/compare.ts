import { type DType, type Tensor, tensor } from '../autograd/index.ts';
import { indexOf } from '../autograd/verdict.ts';
import type { GoldenTensor } from './goldenFile.ts';

/** The largest difference between a case's numbers and this engine's. */
export interface Difference {
  /** Which tensor: `outputs.y`, `grads.x`. */
  tensor: string;
  /** Relative to the largest value of the tensor; Infinity where this engine has NaN. */
  error: number;
  at: number[];
  expected: number;
  actual: number;
}

/**
 * A tensor that cancels to (almost) nothing holds only the rounding noise of what cancelled: both sides' dgamma of a
 * constant input is 0 but for it. So errors are never relative to less than this part of the largest number that went in.
 */
const noiseFloor = 1e-2;

/** Compares tensors by name and remembers the largest difference. */
export class Comparison {
  /** null: no number was compared. */
  worst: Difference | null = null;
  /** How many tensors. */
  compared = 0;
  readonly #smallest: number;

  /** `given`: what went into the case. */
  constructor(given: readonly GoldenTensor[]) {
    this.#smallest = noiseFloor * Math.max(...given.map(({ data }) => largest(data)));
  }

  /** Throws where the engine has no such tensor, or one of another shape. */
  add(name: string, expected: GoldenTensor, actual: Tensor | null | undefined): void {
    if (!actual) throw new Error(`${name}: the case has it, this engine gives none`);
    if (actual.shape.join() !== expected.shape.join()) {
      throw new Error(
        `${name}: expected shape [${expected.shape.join(', ')}], got [${actual.shape.join(', ')}]`,
      );
    }
    this.compared++;
    const scale = Math.max(largest(expected.data), this.#smallest) || 1;
    expected.data.forEach((value, i) => {
      const difference = Math.abs(actual.data[i] - value) / scale;
      const error = Number.isNaN(difference) ? Infinity : difference;
      if (this.worst && error <= this.worst.error) return;
      const at = indexOf(i, expected.shape);
      this.worst = { tensor: name, error, at, expected: value, actual: actual.data[i] };
    });
  }
}

/** A leaf with a golden tensor's numbers. */
export function leaf({ shape, data }: GoldenTensor, dtype: DType, requiresGrad = false): Tensor {
  return tensor(data, shape, { dtype, requiresGrad });
}

function largest(data: readonly number[]): number {
  let result = 0;
  for (const value of data) result = Math.max(result, Math.abs(value));
  return result;
}
