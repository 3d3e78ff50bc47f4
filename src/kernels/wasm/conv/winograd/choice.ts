import { platform } from '#platform';
import { checkVariable } from '../../../../environment.ts';
import { rememberFor } from '../../runtime/remember.ts';
import type { ConvSizes } from '../sizes.ts';
import { filterOf } from './filter.ts';

let enabled: boolean | undefined;

/** Whether convolutions may use Winograd's algorithm. NORMGRAD_WINOGRAD=0 starts with false; the default is true. */
export function winogradEnabled(): boolean {
  enabled ??= checkVariable('NORMGRAD_WINOGRAD', platform.environment('NORMGRAD_WINOGRAD')) !== '0';
  return enabled;
}

/** `setWinograd(false)`: direct convolutions everywhere. Two to four times the arithmetic, half the rounding (../README.md). */
export function setWinograd(allowed: boolean): void {
  enabled = allowed;
}

/** With fewer channels than two vectors the transforms cost more than they save. */
const LEAST_CHANNELS = 8;
/** With one or two tiles the transform of the weights does. */
const LEAST_TILES = 3;
/** A tile costs about as much as so many multiplications done directly: of the 144 of a whole tile of F(4x4, 3x3), 100 of F(2x2, 5x5). */
const TILE_MULTIPLIES = 54;

/** Measured for 8 to 256 channels, batches of 1 to 128 and images of 4x4 to 32x32 on one thread; ratios in ../README.md. */
export const usesWinograd = (sizes: ConvSizes): boolean => pays(sizes) && winogradEnabled();

const pays = rememberFor((sizes: ConvSizes): boolean => {
  const { batch, outHeight, outWidth, inChannels, outChannels, geometry } = sizes;
  const { groups, kernel, stride, dilation } = geometry;
  const [taps] = kernel;
  const isSquare = (taps === 3 || taps === 5) && kernel[1] === taps;
  const isPlain = groups === 1 && [...stride, ...dilation].every((length) => length === 1);
  if (!isSquare || !isPlain) return false;
  const { outputs } = filterOf(sizes);
  const tiles = batch * Math.ceil(outHeight / outputs) * Math.ceil(outWidth / outputs);
  return (
    Math.min(inChannels, outChannels) >= LEAST_CHANNELS &&
    tiles >= LEAST_TILES &&
    batch * outHeight * outWidth * taps * taps >= tiles * TILE_MULTIPLIES
  );
});
