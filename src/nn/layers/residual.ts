import { add, noGrad, relu, type Tensor, tensor } from '../../autograd/index.ts';
import { checkOptions, requireFactory } from '../../options.ts';
import type { Random } from '../../random.ts';
import { rememberBuffers } from '../buffers.ts';
import type { Initializer } from '../initializers.ts';
import { Module } from '../module.ts';
import { learnsShift, type Norm, normThen, type Then } from '../norm/core/norm.ts';
import { Conv2d } from './conv2d.ts';

export interface ResidualOptions {
  /** 2 halves the image; default: 1. */
  stride?: number;
  /** The norm for so many features; null (default): none. Without one that has a beta the convolutions have biases. */
  norm?: (features: number) => Norm | null;
  /** Default: the default generator. */
  random?: Random;
  init?: Initializer;
  /** Of the biases, where there are some; default: PyTorch's. */
  biasInit?: Initializer;
}

export interface ResidualBlockOptions extends ResidualOptions {
  /**
   * The last norm begins with gamma = 0, and so the block as its shortcut (Goyal et al. 2017, arXiv:1706.02677, section 5.1; Wu and
   * He 2018, arXiv:1803.08494, section 4.1); default: false. Throws where the norm has no gamma that does that.
   */
  zeroGamma?: boolean;
}

/**
 * The basic block of ResNet (He et al. 2016, arXiv:1512.03385): y = relu( norm(conv(relu(norm(conv(x))))) + shortcut(x) ).
 * Where the shape changes the shortcut is a 1x1 convolution with a norm (their option B), else x itself.
 * [N, H, W, in] -> [N, H / stride, W / stride, out].
 */
export class ResidualBlock extends Module {
  readonly conv1: Conv2d;
  readonly norm1: Norm | null;
  readonly conv2: Conv2d;
  readonly norm2: Norm | null;
  readonly shortcut: Conv2d | null;
  readonly shortcutNorm: Norm | null;

  constructor(inChannels: number, outChannels: number, options: ResidualBlockOptions = {}) {
    super();
    const norm = normOf('ResidualBlock', options, ['zeroGamma']);
    const changes = reshapes(inChannels, outChannels, options);
    this.norm1 = norm(outChannels);
    this.norm2 = norm(outChannels);
    this.shortcutNorm = changes ? norm(outChannels) : null;
    const bias = !learnsShift(this.norm1);
    ({ conv1: this.conv1, conv2: this.conv2 } = convolutions(inChannels, outChannels, bias, options));
    this.shortcut = changes ? projection(inChannels, outChannels, bias, options) : null;
    if (options.zeroGamma) beginAtZero(this.norm2, outChannels);
  }

  forward(x: Tensor): Tensor {
    const h = convolve(this.conv1, this.norm1, x, { relu: true });
    const residual = this.shortcut ? convolve(this.shortcut, this.shortcutNorm, x, {}) : x;
    return convolve(this.conv2, this.norm2, h, { residual, relu: true });
  }
}

/**
 * The same with norm and ReLU in front of each convolution, so that the identity path stays free of both (He et al. 2016,
 * arXiv:1603.05027): h = relu(norm(x)), y = conv(relu(norm(conv(h)))) + shortcut. Where the shape changes the shortcut is a
 * 1x1 convolution of h, else x itself. The network needs a norm and a ReLU of its own behind the last block.
 */
export class PreActivationBlock extends Module {
  readonly norm1: Norm | null;
  readonly conv1: Conv2d;
  readonly norm2: Norm | null;
  readonly conv2: Conv2d;
  readonly shortcut: Conv2d | null;

  constructor(inChannels: number, outChannels: number, options: ResidualOptions = {}) {
    super();
    const norm = normOf('PreActivationBlock', options);
    this.norm1 = norm(inChannels);
    this.norm2 = norm(outChannels);
    const bias = !learnsShift(this.norm1);
    ({ conv1: this.conv1, conv2: this.conv2 } = convolutions(inChannels, outChannels, bias, options));
    const changes = reshapes(inChannels, outChannels, options);
    this.shortcut = changes ? projection(inChannels, outChannels, bias, options) : null;
  }

  forward(x: Tensor): Tensor {
    const h = this.norm1 ? normThen(this.norm1, x, { relu: true }) : relu(x);
    const residual = this.shortcut ? this.shortcut.forward(h) : x;
    return add(this.conv2.forward(convolve(this.conv1, this.norm2, h, { relu: true })), residual);
  }
}

function normOf(
  block: string,
  options: ResidualOptions,
  more: readonly string[] = [],
): (features: number) => Norm | null {
  checkOptions(block, options, ['stride', 'norm', 'random', 'init', 'biasInit', ...more]);
  const { norm = () => null } = options;
  requireFactory(block, norm);
  return norm;
}

/** gamma = 0. That then nothing comes out is tried: GRN adds to x, and ActNorm's first batch sets gamma anew. */
function beginAtZero(norm: Norm | null, features: number): void {
  const gamma = norm?.namedParameters().get('gamma');
  gamma?.set(new Float32Array(gamma.size));
  if (norm && gamma && gives(norm, features).every((value) => value === 0)) return;
  throw new Error(
    `ResidualBlock: zeroGamma needs a norm that gives 0 where its gamma is 0, got ${norm?.constructor.name ?? 'no norm'}. ` +
      'Take another norm, such as BatchNorm or GroupNorm, or leave zeroGamma out.',
  );
}

/** What a norm makes of two images in training, without a trace in its running statistics. */
function gives(norm: Norm, features: number): Float32Array | Float64Array {
  const restore = rememberBuffers(norm);
  const numbers = Float32Array.from({ length: 8 * features }, (_, i) => Math.sin(i));
  const y = noGrad(() => norm.forward(tensor(numbers, [2, 2, 2, features])));
  restore();
  return y.data;
}

/** relu(norm(conv(x)) + residual), the last two where asked: inside the norm's own pass where there is one. */
function convolve(conv: Conv2d, norm: Norm | null, x: Tensor, then: Then): Tensor {
  if (norm) return normThen(norm, conv.forward(x), then);
  if (!then.residual) return conv.forward(x, { relu: then.relu });
  const y = add(conv.forward(x), then.residual);
  return then.relu ? relu(y) : y;
}

function convolutions(inChannels: number, outChannels: number, bias: boolean, options: ResidualOptions) {
  const { random, init, biasInit, stride = 1 } = options;
  const weights = { bias, random, init, biasInit };
  return {
    conv1: new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, ...weights }),
    conv2: new Conv2d(outChannels, outChannels, 3, { padding: 1, ...weights }),
  };
}

function projection(inChannels: number, outChannels: number, bias: boolean, options: ResidualOptions) {
  const { random, init, biasInit, stride = 1 } = options;
  return new Conv2d(inChannels, outChannels, 1, { stride, bias, random, init, biasInit });
}

function reshapes(inChannels: number, outChannels: number, { stride = 1 }: ResidualOptions): boolean {
  return stride !== 1 || inChannels !== outChannels;
}
