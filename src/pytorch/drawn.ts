/**
 * What Dropout and ActivationNoise draw, for PyTorch's side: with these masks both engines train the same network, and differ in
 * rounding only. A generator of PyTorch's own would give other masks, hence another run.
 */
import { type DType, noGrad } from '../autograd/index.ts';
import { PytorchError } from '../errors.ts';
import type { NDArray, Shape } from '../kernels/contract.ts';
import { dropoutStates, loadDropoutStates, RandomLayer, randomLayers } from '../nn/layers/randomLayer.ts';
import { withForward } from '../nn/layers/wrapForward.ts';
import type { Module } from '../nn/module.ts';
import { flattenedInputs, sampleOf } from '../weights/flattened.ts';
import type { StoredTensor } from '../weights/safetensors.ts';

export interface Drawing {
  layers: number;
  /** For the next batch of so many samples: `drawn.0.scale`, `drawn.0.shift`, …, of each layer in the order of the network. */
  next(size: number): [string, StoredTensor][];
  /** The same, and they are drawn again for the batch behind it: for probes. */
  ahead(size: number): [string, StoredTensor][];
}

/** Draws for the layers of `model`, whose generators move on. `input`: the shape of one sample. Throws a PytorchError for a layer that no sample enters. */
export function drawingFor(model: Module, input: Shape, dtype: DType): Drawing {
  const layers = [...randomLayers(model).values()];
  const shapes = inputShapes(model, layers, input);
  const { images } = flattenedInputs(model, input, (module) => module instanceof RandomLayer);
  const next = (size: number) =>
    layers.flatMap((layer, i) => {
      const { scale, shift } = layer.draw([size, ...shapes.get(layer)!], dtype);
      const stored = (what: string, { shape, data }: NDArray): [string, StoredTensor] => [
        `drawn.${i}.${what}`,
        { shape: unflattened(shape, images.get(layer)), data: data as Float32Array | Float64Array },
      ];
      return [stored('scale', scale), ...(shift ? [stored('shift', shift)] : [])];
    });
  return {
    layers: layers.length,
    next,
    ahead(size) {
      const states = dropoutStates(model);
      const drawn = next(size);
      loadDropoutStates(model, states);
      return drawn;
    },
  };
}

/** Of one sample, where it enters each layer. */
function inputShapes(model: Module, layers: readonly RandomLayer[], input: Shape): Map<RandomLayer, Shape> {
  const shapes = new Map<RandomLayer, Shape>();
  model.eval();
  withForward(
    layers,
    (layer) => (x) => {
      shapes.set(layer, x.shape.slice(1));
      return x;
    },
    () => noGrad(() => model.forward(sampleOf(model, input))),
  );
  model.train();
  if (shapes.size < layers.length)
    throw new PytorchError('a layer that draws is not in the forward pass of its network');
  return shapes;
}

/** [N, H W C] as [N, H, W, C], which the other side turns as it turns images. */
function unflattened([size, ...rest]: Shape, image: Shape | undefined): Shape {
  return [size, ...(image && rest.length === 1 ? image : rest)];
}
