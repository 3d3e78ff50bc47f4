import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJpeg } from '../../src/data/files/jpeg.node.ts';
import { decodePng, type RgbImage } from '../../src/data/files/png.node.ts';
import { resize } from '../../src/data/resize.ts';

interface Pixels {
  shape: [height: number, width: number];
  pixels: string;
}
type ImageFile = Pixels & { name: string; file: string };

const {
  png,
  jpeg,
  resize: resized,
} = JSON.parse(readFileSync(new URL('./images/files.json', import.meta.url), 'utf8')) as {
  png: ImageFile[];
  jpeg: ImageFile[];
  resize: Pixels & { to: Pixels[] };
};

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const source = (file: string) => ({ file: 'a.png', bytes: bytesOf(file) });
const largest = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

const mean = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

describe('PNG', () => {
  it.each(png)('$name: the pixels that PIL reads', ({ file, shape: [height, width], pixels }) => {
    expect(decodePng(source(file))).toEqual({ height, width, pixels: bytesOf(pixels) });
  });

  it('damaged: an error with advice, never another picture', () => {
    fc.assert(
      fc.property(fc.nat(png.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, at, change) => {
        const whole = bytesOf(png[which].file);
        const changed = whole.slice();
        changed[at % whole.length] ^= change;
        for (const bytes of [changed, whole.subarray(0, at % whole.length)]) {
          expect(() => decodePng({ file: 'a.png', bytes })).toThrow(
            /^a\.png: got .*, expected .*\. The file is damaged/,
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('JPEG', () => {
  // Where colour is stored for every second pixel, libjpeg smooths what lies between, and jpeg-js does not.
  it.each(jpeg)('$name: nearly the pixels that PIL reads', ({ name, file, shape, pixels }) => {
    const image: RgbImage = decodeJpeg(source(file));
    expect([image.height, image.width]).toEqual(shape);
    expect(image.pixels.length).toBe(3 * shape[0] * shape[1]);
    const isSubsampled = name !== '4:4:4' && name !== 'grey';
    expect(largest(image.pixels, bytesOf(pixels))).toBeLessThanOrEqual(isSubsampled ? 24 : 3);
    expect(mean(image.pixels, bytesOf(pixels))).toBeLessThan(isSubsampled ? 4 : 0.7);
  });

  it('damaged: an error with advice, or other pixels', () => {
    fc.assert(
      fc.property(
        fc.nat(jpeg.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (which, at, change) => {
          const bytes = bytesOf(jpeg[which].file);
          bytes[at % bytes.length] ^= change;
          try {
            decodeJpeg({ file: 'a.jpg', bytes });
          } catch (error) {
            expect((error as Error).message).toMatch(
              /^a\.jpg: got a JPEG that cannot be read .*\. The file is damaged/s,
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

it.each(resized.to)(
  "another size, $shape: PIL's bilinear filter, by one step at most",
  ({ shape, pixels }) => {
    const [[height, width], [newHeight, newWidth]] = [resized.shape, shape];
    const out = resize(bytesOf(resized.pixels), { height, width }, { height: newHeight, width: newWidth }, 3);
    expect(out.length).toBe(3 * newHeight * newWidth);
    expect(largest(out, bytesOf(pixels))).toBeLessThanOrEqual(1);
  },
);
