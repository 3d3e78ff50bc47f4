import { checkOutputSize } from '../../autograd/adaptivePool.ts';
import {
  type AvgPool1dOptions,
  type AvgPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  globalAvgPool2d,
  globalMaxPool2d,
  maxPool1d,
  maxPool2d,
  type OutputSize,
  type Pair,
  type Pool1dOptions,
  type PoolOptions,
  type Tensor,
} from '../../autograd/index.ts';
import { averages1dOptions, checkPositions, rowOptions } from '../../autograd/line.ts';
import { avgPoolOptions, checkMean, maxPoolOptions } from '../../autograd/pool.ts';
import { checkWindow } from '../../autograd/window.ts';
import { checkCount, checkFlag, checkOptions } from '../../options.ts';
import { Module } from '../module.ts';

/** The largest value of each window: [N, H, W, C] -> [N, H', W', C]. default stride: size. */
export class MaxPool2d extends Module {
  constructor(
    readonly size: Pair,
    readonly options: PoolOptions = {},
  ) {
    super();
    checkOptions('MaxPool2d', options, maxPoolOptions);
    checkWindow('MaxPool2d', size, options);
    checkFlag('MaxPool2d', 'ceilMode', options.ceilMode);
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.size, this.options);
  }
}

/** The mean of each window: [N, H, W, C] -> [N, H', W', C]. Padding counts as zeros unless countPadding is false. */
export class AvgPool2d extends Module {
  constructor(
    readonly size: Pair,
    readonly options: AvgPoolOptions = {},
  ) {
    super();
    checkOptions('AvgPool2d', options, avgPoolOptions);
    checkWindow('AvgPool2d', size, options);
    checkMean('AvgPool2d', options);
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.size, this.options);
  }
}

/** The largest value of each window: [N, L, C] -> [N, L', C]. default stride: size. */
export class MaxPool1d extends Module {
  constructor(
    readonly size: number,
    readonly options: Pool1dOptions = {},
  ) {
    super();
    checkOptions('MaxPool1d', options, maxPoolOptions);
    checkLine('MaxPool1d', size, options);
  }

  forward(x: Tensor): Tensor {
    return maxPool1d(x, this.size, this.options);
  }
}

/** The mean of each window: [N, L, C] -> [N, L', C]. Padding counts as zeros unless countPadding is false. */
export class AvgPool1d extends Module {
  constructor(
    readonly size: number,
    readonly options: AvgPool1dOptions = {},
  ) {
    super();
    checkOptions('AvgPool1d', options, averages1dOptions);
    checkLine('AvgPool1d', size, options);
    checkMean('AvgPool1d', options);
  }

  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.size, this.options);
  }
}

function checkLine(name: string, size: number, options: Pool1dOptions): void {
  checkCount(name, 'the window', size);
  rowOptions(name, options);
  checkFlag(name, 'ceilMode', options.ceilMode);
}

/** The means of windows that cover the image, so many down and across: [N, H, W, C] -> [N, H', W', C]. */
export class AdaptiveAvgPool2d extends Module {
  constructor(readonly size: OutputSize) {
    super();
    checkOutputSize('AdaptiveAvgPool2d', size);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.size);
  }
}

/** The largest values of windows that cover the image, so many down and across: [N, H, W, C] -> [N, H', W', C]. */
export class AdaptiveMaxPool2d extends Module {
  constructor(readonly size: OutputSize) {
    super();
    checkOutputSize('AdaptiveMaxPool2d', size);
  }

  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.size);
  }
}

/** The means of so many windows that cover the sequence: [N, L, C] -> [N, L', C]. */
export class AdaptiveAvgPool1d extends Module {
  constructor(readonly size: number) {
    super();
    checkPositions('AdaptiveAvgPool1d', size);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.size);
  }
}

/** The largest values of so many windows that cover the sequence: [N, L, C] -> [N, L', C]. */
export class AdaptiveMaxPool1d extends Module {
  constructor(readonly size: number) {
    super();
    checkPositions('AdaptiveMaxPool1d', size);
  }

  forward(x: Tensor): Tensor {
    return adaptiveMaxPool1d(x, this.size);
  }
}

/** The mean of each channel: [N, H, W, C] -> [N, C] (Lin, Chen, Yan 2014). */
export class GlobalAvgPool2d extends Module {
  forward(x: Tensor): Tensor {
    return globalAvgPool2d(x);
  }
}

/** The largest value of each channel: [N, H, W, C] -> [N, C]. */
export class GlobalMaxPool2d extends Module {
  forward(x: Tensor): Tensor {
    return globalMaxPool2d(x);
  }
}
