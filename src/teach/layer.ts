import { noGrad, randn, type Tensor, zeroGrad } from '../autograd/index.ts';
import type { Norm } from '../nn/norm/core/norm.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';

/**
 * The norm for x, in float64, after forward passes over x: some norms take their first parameters from their first batch, and
 * the power iteration of a weight has to arrive.
 */
export function createLayer(entry: NormEntry, x: Tensor, options: NormOptions): Norm {
  const layer = entry.build(x.shape[x.rank - 1], options).to('float64');
  const times = entry.kind === 'weight' ? 200 : 1;
  noGrad(() => {
    for (let i = 0; i < times; i++) layer.forward(x);
  });
  return layer;
}

/** The layer's result for x, the same in every call; with the activation where that is part of the norm. */
export function forwardOf(layer: Norm, x: Tensor): { forward: () => Tensor; activated: boolean } {
  const activated = bringsActivation(layer, x);
  return { forward: keepingBuffers(layer, () => layer.forward(x, { relu: activated })), activated };
}

/**
 * FilterResponseNorm's threshold and Proxy Norm's proxy work only where an activation follows. Such a norm has parameters
 * that get no gradient without it.
 */
function bringsActivation(layer: Norm, x: Tensor): boolean {
  const trained = (relu: boolean) => {
    layer.zeroGrad();
    const y = keepingBuffers(layer, () => layer.forward(x, { relu }))();
    const random = createRandom('activation');
    if (y.requiresGrad) y.backward({ gradient: randn(y.shape, random, { dtype: 'float64' }) });
    return layer.parameters().filter(({ grad }) => grad?.data.some((value) => value !== 0)).length;
  };
  const more = trained(true) > trained(false);
  layer.zeroGrad();
  zeroGrad(x);
  return more;
}

/** `run` without its effect on the running statistics: each call starts from the same ones. */
function keepingBuffers<T>(layer: Norm, run: () => T): () => T {
  const kept = [...layer.namedBuffers().values()].map((buffer) => ({ buffer, value: buffer.data.slice() }));
  return () => {
    for (const { buffer, value } of kept) buffer.set(value);
    return run();
  };
}
