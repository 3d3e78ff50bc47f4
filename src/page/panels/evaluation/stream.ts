import { noGrad, type Tensor, tensor } from '../../../autograd/index.ts';
import { rememberBuffers } from '../../../nn/buffers.ts';
import type { Norm } from '../../../nn/norm/core/norm.ts';
import type { NormEntry, NormOptions } from '../../../nn/norm/registry.ts';
import { createRandom } from '../../../random.ts';
import { place } from '../../../teach/placing.ts';
import { runningBuffers } from '../../../teach/subject.ts';
import type { EvaluationState } from './state.ts';
import { truth } from './state.ts';

/** Batches of so many values each, two decimals a value: what is shown is what is computed with. */
export function* batches(seed: number, size: number): Generator<number[], never> {
  const random = createRandom(`batches of ${size}, ${seed}`);
  while (true) {
    yield Array.from(
      { length: size },
      () => Math.round(100 * (truth.mean + truth.std * random.normal())) / 100,
    );
  }
}

/** A layer in float64 through which batches stream. */
export function createStream(entry: NormEntry, first: readonly number[], options: NormOptions) {
  const { shape } = place(entry, { x: [first] });
  const layer = entry.build(shape.at(-1)!, options).to('float64');
  const input = (x: readonly number[]) => tensor(Float64Array.from(x), shape, { dtype: 'float64' });
  const forward = (x: Tensor) => noGrad(() => layer.forward(x, { relu: layer.activates }).toArray());
  return {
    layer,
    /** y in training; the running statistics follow. */
    train: (x: readonly number[]) => forward(input(x)),
    /** y in training and in evaluation; nothing moves. */
    compare(x: readonly number[]): [training: number[], evaluation: number[]] {
      const restore = rememberBuffers(layer);
      const training = forward(input(x));
      restore();
      layer.eval();
      const evaluation = forward(input(x));
      layer.train();
      return [training, evaluation];
    },
    /** The running statistics, by name; of one channel, which is all there is. */
    running: () => [...runningBuffers(layer)].map(([name, { data }]) => ({ name, value: data[0] })),
  };
}

/** What of the layer stands still. */
export function hold(layer: Norm, what: EvaluationState['layer']): void {
  if (what === 'frozen') layer.freeze();
  if (what === 'weights') for (const parameter of layer.parameters()) parameter.requiresGrad = false;
}

export function rootMeanSquare(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
}
