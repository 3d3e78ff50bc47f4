import { describe, expect, test } from 'vitest';
import { randn } from '../../../src/autograd/index.ts';
import type { Shape } from '../../../src/kernels/contract.ts';
import { withForm } from '../../../src/nn/norm/core/fused.ts';
import { traced } from '../../../src/nn/norm/core/trace.ts';
import { type NormOptions, registry } from '../../../src/nn/norm/registry.ts';
import { createRandom } from '../../../src/random.ts';
import { pathPairs, wrongPath } from '../../../src/verify/pathCheck.ts';
import { buildLayer, largest, normal, pass } from './layers.ts';

/**
 * A norm has one backward on paper and up to two in code: the one that is written in its file, and a fused kernel. Here they
 * are held together, and the written one is held to the paths that it claims.
 */
const shapes: readonly Shape[] = [
  [3, 2, 5, 6],
  [1, 3, 3, 6],
  [5, 6],
];
const conventions: readonly NormOptions[] = [
  { groups: 3, virtualBatch: 2 },
  { groups: 2, epsInside: false, eps: 0.01 },
  { groups: 1, ddof: 1, affine: false },
  { groups: 3, detachStatistics: 'mean' },
  { groups: 3, detachStatistics: 'variance' },
];

/** Relative to the largest value, and to no less than 1: over two values dx is O(eps), and its digits are those of rounding. */
function difference(a: Float64Array, b: Float64Array): number {
  return largest(a.map((value, i) => value - b[i])) / Math.max(largest(b), 1);
}

describe.each(registry.filter(({ fused }) => fused).map((entry) => ({ name: entry.name, entry })))(
  '$name',
  ({ entry }) => {
    test('the written form and the fused kernel agree to 1e-12, forward and backward', () => {
      for (const shape of shapes) {
        for (const options of conventions) {
          const view = entry.view?.(shape, options);
          const alone = view && view.p * view.k <= 1; // no unbiased variance of one value
          if (options.ddof && (alone || shape.length === 2)) continue;
          if (options.detachStatistics && !entry.detaches) continue;
          for (const mode of ['train', 'eval'] as const) {
            const run = (form: 'written' | 'fused') =>
              withForm(form, () => {
                const layer = buildLayer(entry, 6, options, 1);
                layer.forward(randn(shape, createRandom('before'), { dtype: 'float64' }));
                layer.train(mode === 'train');
                return pass(layer, shape, normal(shape, 1), normal(shape, 'dy'));
              });
            const [written, fused] = [run('written'), run('fused')];
            const place = `${JSON.stringify(options)} [${shape}] ${mode}`;
            expect(difference(written.y, fused.y), place).toBeLessThan(1e-12);
            expect(difference(written.dx, fused.dx), place).toBeLessThan(1e-12);
            for (const [name, gradient] of Object.entries(fused.gradients)) {
              expect(difference(written.gradients[name], gradient), `${place} ${name}`).toBeLessThan(1e-12);
            }
          }
        }
      }
    });

    test('float64 runs what is written, float32 the kernel', () => {
      const layer = entry.build(6, { groups: 3 });
      const rulesOf = (dtype: 'float32' | 'float64') =>
        traced(() => layer.to(dtype).forward(randn([4, 2, 2, 6], createRandom(1), { dtype }))).rules.length;
      expect(rulesOf('float64')).toBeGreaterThan(0);
      expect(rulesOf('float32')).toBe(0);
    });
  },
);

describe('every path of dx is what differences say of it alone', () => {
  for (const entry of registry.filter(({ kind }) => kind === 'activation')) {
    test(entry.name, () => {
      const shape = [3, 2, 3, 6];
      const layer = buildLayer(entry, 6, { groups: 3, virtualBatch: 3 }, 1);
      const buffers = [...layer.namedBuffers().values()].map((buffer) => ({
        buffer,
        value: buffer.data.slice(),
      }));
      const x = randn(shape, createRandom('x'), { dtype: 'float64', requiresGrad: true });
      const upstream = randn(shape, createRandom('upstream'), { dtype: 'float64' });
      layer.forward(x, { relu: layer.activates }); // what the first batch decides
      const forward = () => {
        if (entry.name !== 'actnorm') for (const { buffer, value } of buffers) buffer.data.set(value);
        return layer.forward(x, { relu: layer.activates });
      };
      const pairs = pathPairs(forward, x, upstream);
      if (pairs === null) return; // two norms in a row
      expect(wrongPath(pairs)).toBeNull();
    });
  }
});
