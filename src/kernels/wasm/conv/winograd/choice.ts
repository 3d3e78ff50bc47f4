import { platform } from '#platform';
import { checkVariable } from '../../../../environment.ts';
import type { ConvGeometry } from '../../../contract.ts';
import { rememberFor } from '../../runtime/remember.ts';
import type { ConvSizes } from '../sizes.ts';
import { filterOf } from './filter.ts';

let enabled: boolean | undefined;

/** Whether convolutions may use Winograd's algorithm. NORMGRAD_WINOGRAD=0 starts with false; the default is true. */
export function winogradEnabled(): boolean {
  enabled ??= checkVariable('NORMGRAD_WINOGRAD', platform.environment('NORMGRAD_WINOGRAD')) !== '0';
  return enabled;
}

/** `setWinograd(false)`: direct convolutions everywhere. Up to six times the arithmetic, and half the rounding or, of 5x5, a sixth (../README.md). */
export function setWinograd(allowed: boolean): void {
  enabled = allowed;
}

/** What a tile has to bring, against what it costs beyond its products: the transforms of its values and of the weights. */
interface Least {
  /** With fewer channels than two vectors the transforms cost more than they save. */
  channels: number;
  /** With one or two tiles the transform of the weights does. */
  tiles: number;
  /** Multiplications done directly that a tile takes the place of: its pixels that are in the result, times the taps. */
  multiplies: number;
}

/**
 * By the taps of the filter; 3 and 5: some 1.5 for each multiplication of the tile. 2 (stride 2) has four phases to transform,
 * and wants 13 of the 16 pixels: below, the gradient of the weights gains nothing.
 */
const LEAST: Readonly<Record<number, Least>> = {
  2: { channels: 16, tiles: 16, multiplies: 13 * 9 },
  3: { channels: 8, tiles: 3, multiplies: 54 },
  5: { channels: 8, tiles: 3, multiplies: 96 },
};

/** Measured for 8 to 256 channels, batches of 1 to 128 and images of 4x4 to 32x32 on one thread; ratios in ../README.md. */
export const usesWinograd = (sizes: ConvSizes): boolean => pays(sizes) && winogradEnabled();

const pays = rememberFor((sizes: ConvSizes): boolean => {
  const { batch, outHeight, outWidth, inChannels, outChannels, geometry } = sizes;
  const [taps] = geometry.kernel;
  const hasFilter = geometry.stride[0] === 1 ? taps === 3 || taps === 5 : fitsPhases(sizes);
  if (!hasFilter || !isPlain(geometry)) return false;
  const least = LEAST[filterOf(sizes).taps];
  const tiles = batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  return (
    Math.min(inChannels, outChannels) >= least.channels &&
    tiles >= least.tiles &&
    batch * outHeight * outWidth * taps * taps >= tiles * least.multiplies
  );
});

const isPlain = ({ groups, kernel, stride, dilation }: ConvGeometry): boolean =>
  groups === 1 && kernel[0] === kernel[1] && stride[0] === stride[1] && dilation.every((step) => step === 1);

/**
 * Padding: backwardSizes in layout.ts. Channels: phases lie side by side, in whole blocks of channels (../blocks.ts). Results of
 * a single tile would gain as well (0.73 of the time at 32 images of 8x8); they stay direct, and with them the digits of every
 * micro-resnet8 that has been trained.
 */
function fitsPhases({ geometry, inChannels, outHeight, outWidth }: ConvSizes): boolean {
  const { kernel, stride, padding } = geometry;
  const isOdd = padding[0] % 2 === 1 && padding[2] % 2 === 1;
  return (
    stride[0] === 2 && kernel[0] === 3 && isOdd && inChannels % 8 === 0 && Math.max(outHeight, outWidth) > 4
  );
}
