import { kernels } from '../kernels/active.ts';
import { normalizeAxis } from './axes.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { Tensor } from './tensor.ts';

/** y = e^x / sum e^x along an axis.   dx = y (dy - sum dy y). */
export const softmax = (x: Tensor, axis = -1) => along('softmax', x, axis, false);

/** y = x - ln sum e^x along an axis.   dx = dy - e^y sum dy. */
export const logSoftmax = (x: Tensor, axis = -1) => along('logSoftmax', x, axis, true);

function along(name: string, x: Tensor, axis: number, log: boolean): Tensor {
  requireTensor(name, x);
  const at = normalizeAxis(name, axis, x.rank);
  const y = kernels(x).softmax(x, at, log);
  return record(name, y, [x], [[y]], (dy) => [kernels(x).softmaxBackward(dy, y, at, log)]);
}
