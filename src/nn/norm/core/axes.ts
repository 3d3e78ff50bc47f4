import { permute, type Tensor } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import type { Shape } from '../../../kernels/contract.ts';
import { followedBy, type Then } from './norm.ts';
import { checkLastAxes } from './sets.ts';

/** Norms over axes that are not the last ones: those are moved to the end, in their order, and the result is moved back. */
export interface AxesOptions {
  /**
   * The axes of x that `shape` has the lengths of, as Keras' `axis`: of images, `new LayerNorm([H, W], { axes: [1, 2] })` has
   * one set per sample and channel, gamma and beta [H, W]. Negative: from the end. Not 0, the samples. Default: the last ones.
   */
  axes?: Shape;
}

/** `norm` of x over the axes, which it has as the last ones of what it is given. Throws where x does not have their lengths. */
export function overAxes(
  layer: string,
  x: Tensor,
  { shape, axes, then }: { shape: Shape; axes: Shape | undefined; then: Then },
  norm: (x: Tensor, then: Then) => Tensor,
): Tensor {
  requireTensor(layer, x);
  const order = axes && lastOf(layer, x, shape, axes);
  if (!order || order.every((axis, i) => axis === i)) {
    checkLastAxes(layer, x, shape);
    return norm(x, then);
  }
  const back = order.map((_, i) => order.indexOf(i));
  return followedBy(permute(norm(permute(x, order), {}), back), then);
}

/** All axes of x in order, those of the norm moved to the end. */
function lastOf(layer: string, x: Tensor, shape: Shape, axes: Shape): number[] {
  const own = axes.map((axis) => (axis < 0 ? axis + x.rank : axis));
  const fits =
    own.every((axis, i) => axis > 0 && x.shape[axis] === shape[i]) && new Set(own).size === own.length;
  if (!fits) {
    throw new Error(
      `${layer}(shape=[${shape.join(', ')}], axes=[${axes.join(', ')}]): expected input [N, ...] whose axes ` +
        `${axes.join(', ')} have the lengths ${shape.join(', ')}, got [${x.shape.join(', ')}]. Axis 0 is that of the samples.`,
    );
  }
  return [...x.shape.keys()].filter((axis) => !own.includes(axis)).concat(own);
}
