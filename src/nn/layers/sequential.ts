import type { Tensor } from '../../autograd/index.ts';
import { shown } from '../../errors.ts';
import { Module } from '../module.ts';
import { ProxyNorm } from '../norm/activation/proxyNorm.ts';
import { Norm, normThen } from '../norm/core/norm.ts';
import { Activation, activationNames } from './activation.ts';
import { WeightedLayer } from './weightedLayer.ts';

/**
 * Layers one after another. A ReLU right behind a norm, a convolution or a dense layer is computed in that layer's own pass
 * over memory: the same numbers, in less time. Norms that bring their own activation put it in the ReLU's place; Proxy Norm
 * takes in GELU and SiLU as well.
 */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  /** One list, or the layers one by one: `new Sequential(new Linear(2, 8), activation('relu'))`. */
  constructor(...layers: readonly Module[] | [readonly Module[]]) {
    super();
    const [first] = layers;
    this.layers = layers.length === 1 && Array.isArray(first) ? [...first] : (layers as readonly Module[]);
    this.layers.forEach(requireModule);
  }

  forward(x: Tensor): Tensor {
    const { layers } = this;
    let y = x;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i];
      const next = layers[i + 1];
      const activation = next instanceof Activation ? next.name : null;
      if (takesRelu(layer) && activation === 'relu') {
        y = layer instanceof Norm ? normThen(layer, y, { relu: true }) : layer.forward(y, { relu: true });
        i++;
      } else if (layer instanceof ProxyNorm && (activation === 'gelu' || activation === 'silu')) {
        y = layer.forward(y, { activation });
        i++;
      } else {
        y = layer.forward(y);
      }
    }
    return y;
  }
}

function requireModule(layer: unknown, i: number): void {
  if (layer instanceof Module) return;
  const isName = typeof layer === 'function' && activationNames.some((name) => name === layer.name);
  const hint = isName
    ? `activation('${(layer as () => void).name}') is the layer of it.`
    : 'A function of your own goes into a Module with a forward().';
  throw new Error(`Sequential: layer ${i} must be a layer, got ${shown(layer)}. ${hint}`);
}

function takesRelu(layer: Module): layer is Norm | WeightedLayer {
  return layer instanceof Norm || layer instanceof WeightedLayer;
}
