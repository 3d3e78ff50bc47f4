import type { Sequential } from '../layers/sequential.ts';
import { type VggOptions, vgg } from './vgg.ts';

/**
 * The CIFAR-10 network of labml.ai's annotated GroupNorm: VGG with 2, 2, 3, 3, 3 convolutions of 64, 128, 256, 512, 512
 * channels, 16 groups under 'group'. 313 million multiplications an image: hours per epoch on a CPU, so `widths` and `convs`
 * scale it down.
 */
export function vggGroupNorm(options: VggOptions): Sequential {
  const { widths = [64, 128, 256, 512, 512], convs = options.widths ? undefined : [2, 2, 3, 3, 3] } = options;
  const normOptions = { groups: 16, ...options.normOptions };
  return vgg({ ...options, widths, convs, normOptions }, 'vgg-groupnorm');
}
