import { sameDType } from '../autograd/graph.ts';
import { clamp, noGrad, type Tensor } from '../autograd/index.ts';
import { requireTensor } from '../autograd/inputs.ts';
import { noteWrite } from '../autograd/unchanged.ts';
import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';

/**
 * Scales all gradients together so that their Euclidean norm is at most `maxNorm` (Pascanu, Mikolov, Bengio 2013), and
 * returns the norm that they had. `maxNorm: Infinity` only measures. A norm that is NaN or infinite changes nothing, for
 * scaling would turn gradients into 0 and NaN: the caller sees it, and should not take the step. Throws unless maxNorm > 0.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): number {
  requireLimit('clipGradNorm', 'maxNorm', maxNorm);
  const gradients = gradientsOf('clipGradNorm', parameters);
  if (gradients.length === 0) return 0;
  sameDType('clipGradNorm', gradients[0], ...gradients);
  const arrays = gradients.map((gradient) => gradient.data);
  const k = kernels(gradients[0]);
  const norm = Math.sqrt(k.sumOfSquares(arrays));
  const factor = maxNorm / (norm + 1e-6); // 1e-6 as in PyTorch: no division by 0
  if (Number.isFinite(norm) && factor < 1) {
    k.scaleInPlace(arrays, factor);
    arrays.forEach(noteWrite);
  }
  return norm;
}

/** Limits every element of every gradient to -maxValue .. maxValue; NaN stays NaN. Throws unless maxValue > 0. */
export function clipGradValue(parameters: readonly Tensor[], maxValue: number): void {
  requireLimit('clipGradValue', 'maxValue', maxValue);
  for (const gradient of gradientsOf('clipGradValue', parameters)) {
    noGrad(() => gradient.set(clamp(gradient, -maxValue, maxValue).data));
  }
}

/** 0 would stop the training, and less would turn it round. */
function requireLimit(name: string, option: string, limit: number): void {
  if (typeof limit === 'number' && limit > 0) return;
  throw new Error(`${name}: ${option} must be above 0, got ${shown(limit)}. Infinity limits nothing.`);
}

/** Throws where parameters that are not frozen were given and none of them has a gradient: they are not what backward() reached. */
function gradientsOf(name: string, parameters: readonly Tensor[]): Tensor[] {
  if (!Array.isArray(parameters)) {
    throw new Error(`${name}: takes a list of parameters, model.parameters(), got ${shown(parameters)}.`);
  }
  for (const each of parameters) requireTensor(name, each, 'a list of parameters');
  const gradients = parameters.flatMap(({ grad }) => (grad === null ? [] : [grad]));
  if (gradients.length === 0 && parameters.some(({ requiresGrad }) => requiresGrad)) {
    throw new Error(
      `${name}: none of the ${parameters.length} parameters has a gradient. Call it between backward() and step(), with the ` +
        "model's parameters as they are now: model.parameters().",
    );
  }
  return gradients;
}
