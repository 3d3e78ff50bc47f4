import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { horizontalFlip, inOrder, padAndCrop } from '../../src/data/augment.ts';
import { createRandom } from '../../src/random.ts';

const cases = fc
  .record({
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
    channels: fc.integer({ min: 1, max: 3 }),
  })
  .chain((shape) => {
    const length = shape.height * shape.width * shape.channels;
    return fc.record({
      shape: fc.constant(shape),
      image: fc.uint8Array({ minLength: length, maxLength: length }),
      seed: fc.integer(),
    });
  });

describe('padAndCrop', () => {
  test('every result is a window of the padded image', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 7 }), ({ shape, image, seed }, pad) => {
        const before = image.slice();
        const out = padAndCrop(pad)(image, shape, createRandom(seed));
        // The same draws, in the same order: down, then right.
        const random = createRandom(seed);
        const down = random.integer(2 * pad + 1) - pad;
        const right = random.integer(2 * pad + 1) - pad;
        const { height, width, channels } = shape;
        const at = (y: number, x: number, c: number) =>
          y < 0 || y >= height || x < 0 || x >= width ? 0 : image[(y * width + x) * channels + c];
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            for (let c = 0; c < channels; c++)
              expect(out[(y * width + x) * channels + c]).toBe(at(y + down, x + right, c));
        expect(image).toEqual(before);
      }),
    );
  });

  test('all (2 pad + 1)^2 places occur', () => {
    const image = Uint8Array.from({ length: 81 }, (_, i) => i + 1);
    const random = createRandom(1);
    const crop = padAndCrop(1);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) seen.add(crop(image, { height: 9, width: 9, channels: 1 }, random).join());
    expect(seen.size).toBe(9);
  });
});

describe('horizontalFlip', () => {
  test('mirrors columns and keeps channels together; twice is the identity', () => {
    const flip = horizontalFlip(1);
    const shape = { height: 1, width: 3, channels: 2 };
    const image = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    expect([...flip(image, shape, createRandom(0))]).toEqual([5, 6, 3, 4, 1, 2]);
    fc.assert(
      fc.property(cases, ({ shape: s, image: i, seed }) => {
        expect(inOrder(flip, flip)(i, s, createRandom(seed))).toEqual(i);
        expect(horizontalFlip(0)(i, s, createRandom(seed))).toEqual(i);
      }),
    );
  });

  test('happens about as often as asked for', () => {
    const random = createRandom(2);
    const flip = horizontalFlip();
    const image = Uint8Array.from([1, 2]);
    let flipped = 0;
    for (let i = 0; i < 2000; i++)
      flipped += flip(image, { height: 1, width: 2, channels: 1 }, random)[0] - 1;
    expect(flipped).toBeGreaterThan(900);
    expect(flipped).toBeLessThan(1100);
  });
});
