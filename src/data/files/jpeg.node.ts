import jpeg from 'jpeg-js';
import type { NamedBytes } from '../dataset.ts';
import { invalidFile } from '../errors.ts';
import { MOST_PIXELS, type RgbImage } from './png.node.ts';

/** A JPEG file as 8-bit colours; a DataError where it is damaged, or would take more memory than an image is given. */
export function decodeJpeg({ file, bytes }: NamedBytes): RgbImage {
  try {
    const { height, width, data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MOST_PIXELS / 1e6,
      maxMemoryUsageInMB: 1024,
    });
    return { height, width, pixels: data };
  } catch (error) {
    const came = `a JPEG that cannot be read (${(error as Error).message})`;
    const todo = 'The file is damaged, or no JPEG: copy it again, or leave it out.';
    throw invalidFile(file, came, 'a whole one', todo, { cause: error });
  }
}
