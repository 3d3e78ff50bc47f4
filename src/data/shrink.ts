import type { ImageSet } from './dataset.ts';

/** Images of half the height and width: each pixel the mean of 2x2, rounded; an odd last row or column is left out. */
export function halve(set: ImageSet): ImageSet {
  const { count, width, channels } = set;
  const [height, halfWidth] = [Math.floor(set.height / 2), Math.floor(width / 2)];
  const images = new Uint8Array(count * height * halfWidth * channels);
  const row = width * channels;
  let to = 0;
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < halfWidth; j++) {
        const corner = (n * set.height + 2 * i) * row + 2 * j * channels;
        for (let c = corner; c < corner + channels; c++) {
          const { images: from } = set;
          images[to++] = Math.round(
            (from[c] + from[c + channels] + from[c + row] + from[c + row + channels]) / 4,
          );
        }
      }
    }
  }
  return { ...set, height, width: halfWidth, images };
}
