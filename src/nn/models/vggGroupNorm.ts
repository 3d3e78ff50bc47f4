import { hiddenChoices } from './hidden.ts';
import { defineModel } from './options.ts';
import { stages } from './vgg.ts';

/**
 * The CIFAR-10 network of labml.ai's annotated GroupNorm: VGG with 2, 2, 3, 3, 3 convolutions of 64, 128, 256, 512, 512
 * channels, 16 groups under 'group'. 313 million multiplications an image: hours per epoch on a CPU, so `widths` and `convs`
 * scale it down.
 */
export const vggGroupNorm = defineModel({
  name: 'vgg-groupnorm',
  description: "labml.ai's CIFAR-10 VGG for GroupNorm, channels 64 to 512: slow on a CPU",
  takes: ['widths', 'convs', 'init', ...hiddenChoices],
  build(options) {
    const { widths = [64, 128, 256, 512, 512] } = options;
    const { convs = options.widths ? undefined : [2, 2, 3, 3, 3] } = options;
    const normOptions = { groups: 16, ...options.normOptions };
    return stages('vgg-groupnorm', { ...options, widths, convs, normOptions });
  },
});
