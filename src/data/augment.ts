import type { Random } from '../random.ts';
import { type ImageShape, roomFor, type Values } from './dataset.ts';

/** Makes a changed copy of one image [height, width, channels]; all chance comes from `random`. */
export type Augmentation = (image: Values, shape: ImageShape, random: Random) => Values;

/**
 * Pads with `pad` black pixels on every side and cuts out a window of the old size at a random place (He et al. 2016,
 * section 4.2, with pad 4). Padded is with 0, before the values are standardized, as torchvision's pipelines do.
 */
export function padAndCrop(pad = 4): Augmentation {
  return (image, { height, width, channels }, random) => {
    const down = random.integer(2 * pad + 1) - pad;
    const right = random.integer(2 * pad + 1) - pad;
    const out = roomFor(image, image.length);
    const firstX = Math.max(0, -right);
    const lastX = Math.min(width, width - right);
    if (firstX >= lastX) return out;
    for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
      const row = (y + down) * width + right;
      out.set(
        image.subarray((row + firstX) * channels, (row + lastX) * channels),
        (y * width + firstX) * channels,
      );
    }
    return out;
  };
}

/** Mirrors left and right with the given probability. */
export function horizontalFlip(probability = 0.5): Augmentation {
  return (image, { height, width, channels }, random) => {
    if (random.uniform() >= probability) return image.slice();
    const out = roomFor(image, image.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = (y * width + width - 1 - x) * channels;
        const to = (y * width + x) * channels;
        for (let c = 0; c < channels; c++) out[to + c] = image[from + c];
      }
    }
    return out;
  };
}

/** One augmentation after the other. */
export function inOrder(...augmentations: Augmentation[]): Augmentation {
  return (image, shape, random) =>
    augmentations.reduce((changed, augment) => augment(changed, shape, random), image);
}
