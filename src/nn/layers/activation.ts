import {
  celu,
  elu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logsigmoid,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  type Tensor,
  tanh,
} from '../../autograd/index.ts';
import { unknownName } from '../../errors.ts';
import { checkNumber, checkOptions } from '../../options.ts';
import { Module } from '../module.ts';

export interface ActivationOptions {
  /** leakyRelu: y = slope x below 0; default: 0.01. */
  slope?: number;
  /** elu, celu: where they end on the left, -alpha; default: 1. */
  alpha?: number;
  /** softplus: how sharp its bend is; default: 1. */
  beta?: number;
}

/** Every activation once, by name. */
const functions = {
  relu: (x: Tensor) => relu(x),
  leakyRelu: (x: Tensor, { slope }: ActivationOptions) => leakyRelu(x, slope),
  elu: (x: Tensor, { alpha }: ActivationOptions) => elu(x, alpha),
  gelu: (x: Tensor) => gelu(x),
  silu: (x: Tensor) => silu(x),
  softplus: (x: Tensor, { beta }: ActivationOptions) => softplus(x, beta),
  sigmoid: (x: Tensor) => sigmoid(x),
  tanh: (x: Tensor) => tanh(x),
  geluTanh: (x: Tensor) => gelu(x, { approximate: 'tanh' }),
  mish: (x: Tensor) => mish(x),
  selu: (x: Tensor) => selu(x),
  celu: (x: Tensor, { alpha }: ActivationOptions) => celu(x, alpha),
  relu6: (x: Tensor) => relu6(x),
  hardsigmoid: (x: Tensor) => hardsigmoid(x),
  hardswish: (x: Tensor) => hardswish(x),
  hardtanh: (x: Tensor) => hardtanh(x),
  softsign: (x: Tensor) => softsign(x),
  logsigmoid: (x: Tensor) => logsigmoid(x),
};

/** What some of them can be told. */
const takes: Readonly<Record<string, readonly (keyof ActivationOptions)[]>> = {
  leakyRelu: ['slope'],
  elu: ['alpha'],
  celu: ['alpha'],
  softplus: ['beta'],
};

export type ActivationName = keyof typeof functions;

export const activationNames = Object.keys(functions) as ActivationName[];

/** A function of each element, as a layer. */
export class Activation extends Module {
  constructor(
    readonly name: ActivationName,
    readonly options: ActivationOptions = {},
  ) {
    super();
    if (!Object.hasOwn(functions, name)) {
      throw new Error(
        `${unknownName('activation', String(name), activationNames)}; one of: ${activationNames.join(', ')}.`,
      );
    }
    const [option] = takes[name] ?? [];
    checkOptions(`activation('${name}')`, options, option ? [option] : []);
    const value = option && options[option];
    if (value !== undefined) checkNumber(`activation('${name}')`, option, value);
  }

  forward(x: Tensor): Tensor {
    return functions[this.name](x, this.options);
  }
}

export function activation(name: ActivationName, options: ActivationOptions = {}): Activation {
  return new Activation(name, options);
}
