import { record, type Tensor } from '../../../autograd/index.ts';
import { Linear } from '../../../nn/layers/linear.ts';
import { withForward } from '../../../nn/layers/wrapForward.ts';
import type { Module } from '../../../nn/module.ts';
import type { LayerView } from './view.ts';

/**
 * What a step does in each dense layer, hidden ones and the last. The bits of the training stay what they are: a tensor is
 * passed on as it is, and so is its gradient.
 */
export function watchLayers(model: Module) {
  const layers = [...model.namedModules().values()].filter((module) => module instanceof Linear);
  const views: LayerView[] = layers.map((_, i) => ({
    name: i < layers.length - 1 ? String(i + 1) : 'output',
    ...{ mean: NaN, std: NaN, gradient: null, bias: null },
  }));
  /** Of a bias in front of a norm that has a beta, which makes a bias needless: dL/db = the sum of dL/dz over the batch. */
  const sums = new Map<Linear, number>();

  return {
    views,
    /** The forward pass, watched on its way, and back. */
    forward(x: Tensor): Tensor {
      let at = 0;
      const around =
        (layer: Linear, own: (x: Tensor, then?: object) => Tensor) => (x: Tensor, then?: object) => {
          if (at > 0) Object.assign(views[at - 1], spreadOf(x.data));
          at++;
          const z = own(x, then);
          return layer.bias
            ? z
            : watched(z, (dz) => sums.set(layer, normOfColumnSums(dz, layer.outFeatures)));
        };
      const logits = withForward(layers, around, () => model.forward(x));
      Object.assign(views[views.length - 1], spreadOf(logits.data));
      return logits;
    },
    /** After the backward pass, before the optimizer's step. */
    lookAtGradients(): void {
      layers.forEach((layer, i) => {
        views[i].gradient = layer.weight.grad && euclidean(layer.weight.grad.data);
        views[i].bias = layer.bias?.grad ? euclidean(layer.bias.grad.data) : (sums.get(layer) ?? null);
      });
    },
  };
}

type Numbers = Float32Array | Float64Array;

function spreadOf(values: Numbers): Pick<LayerView, 'mean' | 'std'> {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length) };
}

function euclidean(values: Numbers): number {
  let squares = 0;
  for (const value of values) squares += value ** 2;
  return Math.sqrt(squares);
}

function normOfColumnSums(values: Numbers, columns: number): number {
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) sums[i % columns] += values[i];
  return euclidean(sums);
}

/** z itself, whose gradient is shown to `see` on its way back. */
function watched(z: Tensor, see: (gradient: Numbers) => void): Tensor {
  return record('watched', { shape: z.shape, data: z.data.slice() }, [z], [], (dz) => {
    see(dz.data);
    return [dz];
  });
}
