import { requireFields } from '../options.ts';
import type { ImageSet } from './dataset.ts';
import { requireValid } from './errors.ts';

/** What turns the bytes of an image into the numbers a network sees: one float for each channel and byte value. */
export interface PixelTransform {
  channels: number;
  /** [channels, 256], float32. */
  table: Float32Array;
}

/** Statistics over all pixels of a set, one entry per channel, in units where byte 255 is 1 (as torchvision has them). */
export interface ChannelStatistics {
  mean: number[];
  /** The population standard deviation (divided by the number of pixels). */
  std: number[];
  min: number[];
  max: number[];
}

/** Exact up to the last double operations: bytes are counted first, so no sum over millions of pixels loses digits. */
export function channelStatistics(set: ImageSet): ChannelStatistics {
  requireFields('channelStatistics', set, 'images', ['images', 'channels']);
  const { images, channels } = set;
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  for (let i = 0; i < images.length; i += channels) {
    for (let c = 0; c < channels; c++) counts[c][images[i + c]]++;
  }
  const total = images.length / channels;
  const mean = counts.map((count) => count.reduce((sum, n, byte) => sum + n * byte, 0) / total);
  const variance = counts.map(
    (count, c) => count.reduce((sum, n, byte) => sum + n * (byte - mean[c]) ** 2, 0) / total,
  );
  return {
    mean: mean.map((value) => value / 255),
    std: variance.map((value) => Math.sqrt(value) / 255),
    min: counts.map((count) => count.findIndex((n) => n > 0) / 255),
    max: counts.map((count) => count.findLastIndex((n) => n > 0) / 255),
  };
}

/** (x - mean) / std per channel. Use the training split's statistics for both splits. */
export function standardizePixels(statistics: Pick<ChannelStatistics, 'mean' | 'std'>): PixelTransform {
  requireFields('standardizePixels', statistics, 'what channelStatistics returns', ['mean', 'std']);
  const { mean, std } = statistics;
  checkSpread(std, 'standardize');
  return tabulate(mean.length, (x, c) => (x - mean[c]) / std[c]);
}

/** (x - min) / (max - min) per channel: the training split then fills [0, 1]. */
export function minMaxScale(statistics: Pick<ChannelStatistics, 'min' | 'max'>): PixelTransform {
  requireFields('minMaxScale', statistics, 'what channelStatistics returns', ['min', 'max']);
  const { min, max } = statistics;
  checkSpread(
    max.map((high, c) => high - min[c]),
    'min-max scale',
  );
  return tabulate(min.length, (x, c) => (x - min[c]) / (max[c] - min[c]));
}

/** (x - 0.5) / 0.5: black is -1, white is 1, whatever the images. */
export function symmetricScale(channels: number): PixelTransform {
  return tabulate(channels, (x) => 2 * x - 1);
}

/** The floats of `images` [..., channels], in the same order. */
export function applyTransform(images: Uint8Array, transform: PixelTransform): Float32Array {
  requireFields('applyTransform', images, 'pixels', ['length']);
  requireFields('applyTransform', transform, 'a transform', ['channels', 'table']);
  const { channels, table } = transform;
  const floats = new Float32Array(images.length);
  for (let i = 0; i < images.length; i += channels) {
    for (let c = 0; c < channels; c++) floats[i + c] = table[256 * c + images[i + c]];
  }
  return floats;
}

function tabulate(channels: number, value: (x: number, channel: number) => number): PixelTransform {
  const table = Float32Array.from({ length: 256 * channels }, (_, i) =>
    value((i % 256) / 255, Math.floor(i / 256)),
  );
  return { channels, table };
}

function checkSpread(spread: readonly number[], verb: string): void {
  const constant = spread.findIndex((value) => !(value > 0));
  requireValid(
    constant < 0,
    `Cannot ${verb}: every pixel of channel ${constant} is the same, expected at least two values. Check the images, or use more of them.`,
  );
}
