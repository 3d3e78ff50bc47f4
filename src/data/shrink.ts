import { type ImageSet, roomFor } from './dataset.ts';
import { requireValid } from './errors.ts';

/** Images of half the height and width: each pixel the mean of 2x2, bytes rounded; an odd last row or column is left out. */
export function halve(set: ImageSet): ImageSet {
  requireValid(
    set.height > 1 && set.width > 1,
    `Cannot halve: the images of ${set.name} are ${set.height} x ${set.width}, expected at least 2 x 2. Leave out "halve".`,
  );
  const { count, width, channels } = set;
  const [height, halfWidth] = [Math.floor(set.height / 2), Math.floor(width / 2)];
  const images = roomFor(set.images, count * height * halfWidth * channels);
  const whole = images instanceof Uint8Array ? Math.round : (value: number) => value;
  const row = width * channels;
  let to = 0;
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < halfWidth; j++) {
        const corner = (n * set.height + 2 * i) * row + 2 * j * channels;
        for (let c = corner; c < corner + channels; c++) {
          const { images: from } = set;
          images[to++] = whole((from[c] + from[c + channels] + from[c + row] + from[c + row + channels]) / 4);
        }
      }
    }
  }
  return { ...set, height, width: halfWidth, images };
}
