import { requireFields } from '../options.ts';
import type { ImageSet, Values } from './dataset.ts';
import { requireValid } from './errors.ts';

/** What turns the values of an image into the numbers a network sees. */
export interface PixelTransform {
  channels: number;
  /** Of a value x of a channel; a byte is x = byte / 255. */
  value: (x: number, channel: number) => number;
  /** [channels, 256], float32: of each byte. */
  readonly table: Float32Array;
}

/**
 * Statistics over all pixels of a set, one entry per channel: of bytes in units where byte 255 is 1 (as torchvision has them), of
 * other values in their own.
 */
export interface ChannelStatistics {
  mean: number[];
  /** The population standard deviation (divided by the number of pixels); 0 exactly where all are the same. */
  std: number[];
  min: number[];
  max: number[];
}

/** Of bytes exact up to the last double operations: they are counted first, so no sum over millions of pixels loses digits. */
export function channelStatistics(set: ImageSet): ChannelStatistics {
  requireFields('channelStatistics', set, 'images', ['images', 'channels']);
  const { images, channels } = set;
  return images instanceof Uint8Array ? byteStatistics(images, channels) : valueStatistics(images, channels);
}

function byteStatistics(images: Uint8Array, channels: number): ChannelStatistics {
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

/** In two passes, as the variance of numbers far from 0 needs it. */
function valueStatistics(images: Values, channels: number): ChannelStatistics {
  const total = images.length / channels;
  const each = <T>(value: (channel: number) => T) => Array.from({ length: channels }, (_, c) => value(c));
  const [sum, squares, min, max] = [
    each(() => 0),
    each(() => 0),
    each(() => Infinity),
    each(() => -Infinity),
  ];
  for (let i = 0; i < images.length; i++) {
    const c = i % channels;
    sum[c] += images[i];
    min[c] = Math.min(min[c], images[i]);
    max[c] = Math.max(max[c], images[i]);
  }
  // The mean of equal numbers, summed up, may be another number by a digit.
  const mean = each((c) => (min[c] === max[c] ? min[c] : sum[c] / total));
  for (let i = 0; i < images.length; i++) squares[i % channels] += (images[i] - mean[i % channels]) ** 2;
  return { mean, std: squares.map((value) => Math.sqrt(value / total)), min, max };
}

/**
 * (x - mean) / std per channel. Use the training split's statistics for both splits. A channel in which all is the same tells
 * nothing, and becomes 0.
 */
export function standardizePixels(statistics: Pick<ChannelStatistics, 'mean' | 'std'>): PixelTransform {
  requireFields('standardizePixels', statistics, 'what channelStatistics returns', ['mean', 'std']);
  const { mean, std } = statistics;
  const divisors = spreadOf(std, 'standardize');
  return transformOf(mean.length, (x, c) => (x - mean[c]) / divisors[c]);
}

/** (x - min) / (max - min) per channel: the training split then fills [0, 1]; a channel in which all is the same becomes 0. */
export function minMaxScale(statistics: Pick<ChannelStatistics, 'min' | 'max'>): PixelTransform {
  requireFields('minMaxScale', statistics, 'what channelStatistics returns', ['min', 'max']);
  const { min, max } = statistics;
  const divisors = spreadOf(
    max.map((high, c) => high - min[c]),
    'min-max scale',
  );
  return transformOf(min.length, (x, c) => (x - min[c]) / divisors[c]);
}

/** (x - 0.5) / 0.5: black is -1, white is 1, whatever the images; for bytes, and values from 0 to 1. */
export function symmetricScale(channels: number): PixelTransform {
  return transformOf(channels, (x) => 2 * x - 1);
}

/** The values as they lie in the file: bytes from 0 to 255. */
export function rawValues({ images, channels }: Pick<ImageSet, 'images' | 'channels'>): PixelTransform {
  return transformOf(channels, images instanceof Uint8Array ? (x) => Math.round(255 * x) : (x) => x);
}

/** The floats of `images` [..., channels], in the same order. */
export function applyTransform(images: Values, transform: PixelTransform): Float32Array {
  requireFields('applyTransform', images, 'pixels', ['length']);
  requireFields('applyTransform', transform, 'a transform', ['channels', 'value']);
  const { channels, value } = transform;
  if (images instanceof Uint8Array) return lookUp(images, channels, transform.table);
  const floats = new Float32Array(images.length);
  for (let i = 0; i < images.length; i++) floats[i] = value(images[i], i % channels);
  return floats;
}

function lookUp(bytes: Uint8Array, channels: number, table: Float32Array): Float32Array {
  const floats = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i += channels) {
    for (let c = 0; c < channels; c++) floats[i + c] = table[256 * c + bytes[i + c]];
  }
  return floats;
}

function transformOf(channels: number, value: PixelTransform['value']): PixelTransform {
  let table: Float32Array | undefined;
  return {
    channels,
    value,
    get table() {
      table ??= Float32Array.from({ length: 256 * channels }, (_, i) =>
        value((i % 256) / 255, Math.floor(i / 256)),
      );
      return table;
    },
  };
}

/** What to divide by, for each channel. Throws where none has a spread. */
function spreadOf(spread: readonly number[], verb: string): number[] {
  requireValid(
    spread.some((value) => value > 0),
    `Cannot ${verb}: every pixel of channel 0 is the same, and so it is in all channels; expected at least two values. Check the images, or use more of them.`,
  );
  return spread.map((value) => (value > 0 ? value : 1));
}
