import type { Tensor } from '../../autograd/index.ts';
import { Module } from '../module.ts';

/** y = x: a place where a layer may stand. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
