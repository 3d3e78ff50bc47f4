import { flatten, type Tensor } from '../../autograd/index.ts';
import { Module } from '../module.ts';

/** [N, ...] -> [N, rest], in row-major order: channels vary fastest. */
export class Flatten extends Module {
  forward(x: Tensor): Tensor {
    return flatten(x);
  }
}
