import type { Random } from '../random.ts';
import type { Batch } from './batches.ts';

/**
 * Mixup (Zhang, Cisse, Dauphin and Lopez-Paz 2018, arXiv:1710.09412): with a share s ~ Beta(alpha, alpha) for the whole batch, as in the
 * authors' code, every image becomes s x_i + (1 - s) x_j, j being a random order of the same batch, and its loss
 * s L(label_i) + (1 - s) L(label_j). Pixels are mixed as the network sees them, standardized.
 */
export function mixUp({ images, labels, size }: Batch, alpha: number, random: Random): Batch {
  const share = betaOf(alpha, random);
  const others = random.permutation(size);
  const pixels = images.length / size;
  const mixed = new Float32Array(images.length);
  for (let i = 0; i < size; i++) {
    const from = others[i] * pixels;
    for (let p = 0; p < pixels; p++) {
      mixed[i * pixels + p] = share * images[i * pixels + p] + (1 - share) * images[from + p];
    }
  }
  return { images: mixed, labels, size, mixed: { labels: Int32Array.from(others, (j) => labels[j]), share } };
}

/** Of Beta(alpha, alpha), alpha at most 1 (Jöhnk 1964): x = u^(1/alpha), y = v^(1/alpha), until x + y <= 1; then x / (x + y). */
function betaOf(alpha: number, random: Random): number {
  for (;;) {
    const [u, v] = [random.uniform(), random.uniform()];
    const [x, y] = [u ** (1 / alpha), v ** (1 / alpha)];
    // With a small alpha both may be too small for a number
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}
