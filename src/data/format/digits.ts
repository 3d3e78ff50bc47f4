import { checkOptions } from '../../options.ts';
import type { Random } from '../../random.ts';
import { createRandom } from '../../random.ts';
import { digitClasses } from '../classes.ts';
import { type Dataset, type ImageSet, requireCount } from '../dataset.ts';
import { digitStrokes, type Polyline } from './strokes.ts';

/**
 * Synthetic digits, 28 x 28 x 1, drawn instead of downloaded: the strokes of a digit, bent, sheared, turned, scaled and
 * moved at random, drawn with a pen of random width, ink and noise added. The moves are wide enough that no template
 * per class fits (a linear model stays below 90 %), while the strokes stay readable for a small CNN (above 95 %).
 */
const size = 28;

/** How far the drawing may vary. Lengths in pixels, angles in radians. */
const variation = {
  /** Half the height of a digit. */
  halfHeight: [7, 10.5],
  /** Width over height, on top of the proportions of the strokes. */
  aspect: [0.75, 1.15],
  rotation: 0.3,
  shear: 0.3,
  shift: 3,
  /** Amplitude of the slow waves that bend the strokes, as a part of half the height. */
  bend: 0.1,
  penRadius: [0.6, 1.5],
  ink: [0.55, 1],
  noise: [0.05, 0.2],
} as const;

export interface DigitsOptions {
  seed: number | string;
  train?: number;
  test?: number;
}

/** Train and test split from independent streams of one seed. Fewer images with the same seed are the first of more. */
export function syntheticDigits(options: DigitsOptions): Dataset {
  checkOptions('syntheticDigits', options, ['seed', 'train', 'test']);
  const { seed, train = 5000, test = 1000 } = options;
  const random = createRandom(seed).fork('synthetic digits');
  return {
    train: drawSet('train', train, random.fork('train')),
    test: drawSet('test', test, random.fork('test')),
  };
}

function drawSet(split: 'train' | 'test', count: number, random: Random): ImageSet {
  requireCount('synthetic', split, count);
  const images = new Uint8Array(count * size * size);
  const labels = new Uint8Array(count);
  let order = random.permutation(10);
  for (let i = 0; i < count; i++) {
    // Every ten images hold every digit once, in random order, so that any part of the set is balanced.
    if (i % 10 === 0) order = random.permutation(10);
    labels[i] = order[i % 10];
    drawDigit(labels[i], images.subarray(i * size * size, (i + 1) * size * size), random);
  }
  return {
    name: 'synthetic',
    split,
    count,
    height: size,
    width: size,
    channels: 1,
    images,
    labels,
    classes: digitClasses,
    warnings: [],
  };
}

/** Draws `digit` into `image` [28, 28]. */
function drawDigit(digit: number, image: Uint8Array, random: Random): void {
  const place = randomPlacement(random);
  const radius = between(random, variation.penRadius);
  const ink = new Float64Array(size * size);
  for (const stroke of digitStrokes(digit, random)) drawStroke(ink, stroke.map(place), radius);

  const strength = between(random, variation.ink);
  const noise = between(random, variation.noise);
  for (let p = 0; p < ink.length; p++) {
    const value = strength * ink[p] + noise * random.normal();
    image[p] = Math.round(255 * Math.min(1, Math.max(0, value)));
  }
}

/** A random map from stroke coordinates (y from -1 to 1, downwards) to pixels. */
function randomPlacement(random: Random): (point: readonly [number, number]) => [number, number] {
  const scale = between(random, variation.halfHeight);
  const aspect = between(random, variation.aspect);
  const angle = variation.rotation * symmetric(random);
  const shear = variation.shear * symmetric(random);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const centreX = (size - 1) / 2 + variation.shift * symmetric(random);
  const centreY = (size - 1) / 2 + variation.shift * symmetric(random);
  const wave = () => ({
    height: variation.bend * symmetric(random),
    frequency: 1.5 + 1.5 * random.uniform(),
    phase: 2 * Math.PI * random.uniform(),
  });
  const [waveX, waveY] = [wave(), wave()];

  return ([x, y]) => {
    const bentX = x + waveX.height * Math.sin(waveX.frequency * y + waveX.phase);
    const bentY = y + waveY.height * Math.sin(waveY.frequency * x + waveY.phase);
    const u = scale * aspect * (bentX - shear * bentY);
    const v = scale * bentY;
    return [centreX + cos * u - sin * v, centreY + sin * u + cos * v];
  };
}

/** Raises `ink` [28, 28] to the share of each pixel that the stroke covers, its edge one pixel soft. */
function drawStroke(ink: Float64Array, points: Polyline, radius: number): void {
  const reach = radius + 0.5;
  for (let s = 1; s < points.length; s++) {
    const [x0, y0] = points[s - 1];
    const [x1, y1] = points[s];
    const [dx, dy] = [x1 - x0, y1 - y0];
    const lengthSquared = dx * dx + dy * dy;
    const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
    const right = Math.min(size - 1, Math.floor(Math.max(x0, x1) + reach));
    const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
    const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y1) + reach));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const along = lengthSquared === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / lengthSquared;
        const t = Math.min(1, Math.max(0, along));
        const distance = Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
        const covered = Math.min(1, reach - distance);
        if (covered > ink[y * size + x]) ink[y * size + x] = covered;
      }
    }
  }
}

/** Uniform in [-1, 1). */
function symmetric(random: Random): number {
  return 2 * random.uniform() - 1;
}

function between(random: Random, [low, high]: readonly [number, number]): number {
  return low + (high - low) * random.uniform();
}
