import {
  elu,
  gelu,
  leakyRelu,
  relu,
  sigmoid,
  silu,
  softplus,
  type Tensor,
  tanh,
} from '../../autograd/index.ts';
import { unknownName } from '../../errors.ts';
import { Module } from '../module.ts';

/** Every activation once, by name. */
const functions = {
  relu,
  leakyRelu: (x: Tensor) => leakyRelu(x),
  elu: (x: Tensor) => elu(x),
  gelu,
  silu,
  softplus,
  sigmoid,
  tanh,
};

export type ActivationName = keyof typeof functions;

export const activationNames = Object.keys(functions) as ActivationName[];

/** A function of each element, as a layer. */
export class Activation extends Module {
  constructor(readonly name: ActivationName) {
    super();
    if (!Object.hasOwn(functions, name)) {
      throw new Error(
        `${unknownName('activation', String(name), activationNames)}; one of: ${activationNames.join(', ')}.`,
      );
    }
  }

  forward(x: Tensor): Tensor {
    return functions[this.name](x);
  }
}

export function activation(name: ActivationName): Activation {
  return new Activation(name);
}
