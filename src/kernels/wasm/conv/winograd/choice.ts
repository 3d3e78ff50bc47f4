import { platform } from '#platform';
import { checkVariable } from '../../../../environment.ts';
import { rememberFor } from '../../runtime/remember.ts';
import type { ConvSizes } from '../sizes.ts';

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
/** Of 16, which a whole tile has: a tile costs about as much as six pixels done directly. */
const LEAST_PIXELS_PER_TILE = 6;

/** Measured for 8 to 256 channels, batches of 1 to 128 and images of 4x4 to 32x32 on one thread; ratios in ../README.md. */
export const usesWinograd = (sizes: ConvSizes): boolean => pays(sizes) && winogradEnabled();

const pays = rememberFor(
  ({ batch, outHeight, outWidth, inChannels, outChannels, geometry }: ConvSizes): boolean => {
    const { groups, kernel, stride, dilation } = geometry;
    const isThreeByThree = kernel[0] === 3 && kernel[1] === 3;
    const isPlain = groups === 1 && [...stride, ...dilation].every((length) => length === 1);
    const tiles = batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
    return (
      isThreeByThree &&
      isPlain &&
      Math.min(inChannels, outChannels) >= LEAST_CHANNELS &&
      tiles >= LEAST_TILES &&
      batch * outHeight * outWidth >= tiles * LEAST_PIXELS_PER_TILE
    );
  },
);
