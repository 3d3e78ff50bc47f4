/**
 * Images of 8-bit colours in another size, by the triangle filter ("bilinear") as PIL and so torchvision apply it: where an image
 * shrinks, the filter widens, so that every pixel of the old image counts. First along the rows, then along the columns.
 */
export function resize(
  pixels: Uint8Array,
  from: { height: number; width: number },
  to: { height: number; width: number },
  channels: number,
): Uint8Array {
  const wide = resample(pixels, { outer: from.height, from: from.width, to: to.width, inner: channels });
  const inner = to.width * channels;
  return resample(wide, { outer: 1, from: from.height, to: to.height, inner });
}

/** One axis of [outer, from, inner]. */
function resample(
  pixels: Uint8Array,
  { outer, from, to, inner }: { outer: number; from: number; to: number; inner: number },
): Uint8Array {
  if (from === to) return pixels;
  const out = new Uint8Array(outer * to * inner);
  const scale = from / to;
  const reach = Math.max(scale, 1);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(from, Math.floor(centre + reach + 0.5));
    const weights = Array.from({ length: last - first }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let o = 0; o < outer; o++) {
      for (let c = 0; c < inner; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          sum += weights[k] * pixels[(o * from + first + k) * inner + c];
        }
        out[(o * to + i) * inner + c] = Math.round(sum / total);
      }
    }
  }
  return out;
}
