import { reshape, type Tensor } from '../../src/autograd/index.ts';
import { Module } from '../../src/nn/index.ts';

/** A user's network: layers by name, and a forward pass. */
export class Net extends Module {
  readonly run: (net: never, x: Tensor) => Tensor;

  constructor(layers: Record<string, Module | Tensor>, run: (net: never, x: Tensor) => Tensor) {
    super();
    Object.assign(this, layers);
    this.run = run;
  }

  forward(x: Tensor): Tensor {
    return this.run(this as never, x);
  }
}

export type With<Names extends string> = Record<Names, Module>;

/** [N, ...] -> [N, rest], as users write it. */
export const flat = (x: Tensor) => reshape(x, [x.shape[0], -1]);
