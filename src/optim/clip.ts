import { sameDType } from '../autograd/graph.ts';
import { clamp, noGrad, type Tensor } from '../autograd/index.ts';
import { kernels } from '../kernels/active.ts';

/**
 * Scales all gradients together so that their Euclidean norm is at most `maxNorm` (Pascanu, Mikolov, Bengio 2013), and
 * returns the norm that they had. `maxNorm: Infinity` only measures. A norm that is NaN or infinite changes nothing, for
 * scaling would turn gradients into 0 and NaN: the caller sees it, and should not take the step. Throws unless maxNorm > 0.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): number {
  requireLimit('clipGradNorm', 'maxNorm', maxNorm);
  const gradients = gradientsOf(parameters);
  if (gradients.length === 0) return 0;
  sameDType('clipGradNorm', gradients[0], ...gradients);
  const arrays = gradients.map((gradient) => gradient.data);
  const k = kernels(gradients[0]);
  const norm = Math.sqrt(k.sumOfSquares(arrays));
  const factor = maxNorm / (norm + 1e-6); // 1e-6 as in PyTorch: no division by 0
  if (Number.isFinite(norm) && factor < 1) k.scaleInPlace(arrays, factor);
  return norm;
}

/** Limits every element of every gradient to -maxValue .. maxValue; NaN stays NaN. Throws unless maxValue > 0. */
export function clipGradValue(parameters: readonly Tensor[], maxValue: number): void {
  requireLimit('clipGradValue', 'maxValue', maxValue);
  for (const gradient of gradientsOf(parameters)) {
    noGrad(() => gradient.data.set(clamp(gradient, -maxValue, maxValue).data));
  }
}

/** 0 would stop the training, and less would turn it round. */
function requireLimit(name: string, option: string, limit: number): void {
  if (limit > 0) return;
  throw new Error(`${name}: ${option} must be above 0, got ${limit}. Infinity limits nothing.`);
}

function gradientsOf(parameters: readonly Tensor[]): Tensor[] {
  return parameters.flatMap(({ grad }) => (grad === null ? [] : [grad]));
}
