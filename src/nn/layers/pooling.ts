import {
  avgPool2d,
  globalAvgPool2d,
  maxPool2d,
  type Pair,
  type PoolOptions,
  type Tensor,
} from '../../autograd/index.ts';
import { avgPool2dOptions } from '../../autograd/pool.ts';
import { checkWindow, windowOptions } from '../../autograd/window.ts';
import { checkOptions } from '../../options.ts';
import { Module } from '../module.ts';

/** The largest value of each window: [N, H, W, C] -> [N, H', W', C]. default stride: size. */
export class MaxPool2d extends Module {
  constructor(
    readonly size: Pair,
    readonly options: PoolOptions = {},
  ) {
    super();
    checkOptions('MaxPool2d', options, windowOptions);
    checkWindow('MaxPool2d', size, options);
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.size, this.options);
  }
}

/** The mean of each window: [N, H, W, C] -> [N, H', W', C]. Padding counts as zeros unless countPadding is false. */
export class AvgPool2d extends Module {
  constructor(
    readonly size: Pair,
    readonly options: PoolOptions & { countPadding?: boolean } = {},
  ) {
    super();
    checkOptions('AvgPool2d', options, avgPool2dOptions);
    checkWindow('AvgPool2d', size, options);
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.size, this.options);
  }
}

/** The mean of each channel: [N, H, W, C] -> [N, C] (Lin, Chen, Yan 2014). */
export class GlobalAvgPool2d extends Module {
  forward(x: Tensor): Tensor {
    return globalAvgPool2d(x);
  }
}
