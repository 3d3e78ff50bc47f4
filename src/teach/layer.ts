import { noGrad, type Tensor } from '../autograd/index.ts';
import { rememberBuffers } from '../nn/buffers.ts';
import type { Norm } from '../nn/norm/core/norm.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';

/**
 * The norm for x, in float64, after forward passes over x: some norms take their first parameters from their first batch, and
 * the power iteration of a weight has to arrive.
 */
export function createLayer(entry: NormEntry, x: Tensor, options: NormOptions): Norm {
  const layer = entry.build(x.shape[x.rank - 1], options).to('float64');
  const times = entry.kind === 'weight' && layer.namedBuffers().size > 0 ? 200 : 1;
  noGrad(() => {
    for (let i = 0; i < times; i++) layer.forward(x);
  });
  return layer;
}

/** The layer's result for x, with the activation that it brings; the same in every call, for running statistics stay. */
export function forwardOf(layer: Norm, x: Tensor): () => Tensor {
  const restore = rememberBuffers(layer);
  return () => {
    restore();
    return layer.forward(x, { relu: layer.activates });
  };
}
