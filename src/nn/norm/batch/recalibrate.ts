import { noGrad, type Tensor } from '../../../autograd/index.ts';
import { shown } from '../../../errors.ts';
import { requireFields } from '../../../options.ts';
import type { Module } from '../../module.ts';
import { RunningNorm } from '../core/running.ts';

/**
 * Estimates all running statistics anew from `batches` (Precise BatchNorm; Wu and Johnson 2021, arXiv:2105.07576), each value
 * counted once, instead of remembering the last few batches of a network that was still changing. For use after training, or
 * after few steps, when the running statistics are still near their first values 0 and 1.
 *
 * Means and variances become those of all values together, however they are cut into batches; the variance is unbiased where
 * the norm's running one is (sum / (n - 1), n values). The absolute deviations of L1 and top-k batch norm cannot be put
 * together from those of the batches; theirs is the average.
 *
 * While it runs, the norms take the batch's statistics as in training; dropout and the like are as in evaluation. No
 * parameter changes; frozen norms keep their statistics; afterwards every module is in the mode in which it was.
 */
export function recalibrate(model: Module, batches: Iterable<Tensor>): void {
  requireFields('recalibrate', model, 'a model', ['namedModules']);
  if (typeof batches?.[Symbol.iterator] !== 'function') {
    throw new Error(
      `recalibrate: batches are a list of tensors, or another iterable, got ${shown(batches)}.`,
    );
  }
  const modules = [...model.namedModules().values()];
  const modes = modules.map((module) => module.training);
  const norms = modules.filter((module) => module instanceof RunningNorm).filter(({ tracks }) => tracks);
  model.eval();
  for (const norm of norms) {
    norm.training = true;
    norm.recalibrating(true);
  }
  try {
    let count = 0;
    for (const batch of batches) {
      noGrad(() => void model.forward(batch));
      count++;
    }
    if (count === 0)
      throw new Error('recalibrate: there are no batches; the running statistics stay as they were.');
  } finally {
    for (const norm of norms) norm.recalibrating(false);
    modules.forEach((module, i) => {
      module.training = modes[i];
    });
  }
}
