import { randn, type Tensor } from '../autograd/index.ts';
import type { NormEntry } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';
import { groupings, numericJacobian, swallowedOver } from './jacobian.ts';
import { createLayer, forwardOf } from './layer.ts';

/** One line of the table of all norms. */
export interface Comparison
  extends Pick<
    NormEntry,
    'name' | 'title' | 'kind' | 'sets' | 'dependsOnBatch' | 'batchOfOne' | 'parameters' | 'paper'
  > {
  /** Values per set, in terms of N, H, W, C and the groups G, or of a filter's fan-in; null where the norm is more than one standardization. */
  m: string | null;
  /** Directions of the gradient that never reach x, and over what: found in the Jacobian. */
  removes: string;
}

/** Coprime enough that a product of lengths has one reading. */
const lengths = { N: 11, H: 3, W: 5, C: 14, G: 7 };

/** What sets the norms apart: said by the registry, and measured on the layers themselves. */
export function compareNorms(registry: readonly NormEntry[]): Comparison[] {
  return registry.map((entry) => {
    const { name, title, kind, sets, dependsOnBatch, batchOfOne, parameters, paper } = entry;
    return {
      name,
      title,
      kind,
      sets,
      m: valuesPerSet(entry),
      removes: removed(entry),
      dependsOnBatch,
      batchOfOne,
      parameters,
      paper,
    };
  });
}

/** m as a product: the view of a tensor of telling lengths, read backwards. */
function valuesPerSet(entry: NormEntry): string | null {
  if (!entry.view) return null;
  if (entry.kind === 'weight') return 'fan-in';
  const { N, H, W, C, G } = lengths;
  const { p, k } = entry.view([N, H, W, C], { groups: G });
  const products = [
    ['N·H·W', N * H * W],
    ['H·W·C', H * W * C],
    ['H·W·C/G', (H * W * C) / G],
    ['H·W', H * W],
    ['C', C],
    ['C/G', C / G],
    ['N·H·W·C', N * H * W * C],
  ] as const;
  return products.find(([, value]) => value === p * k)?.[0] ?? String(p * k);
}

function removed(entry: NormEntry): string {
  const weight = entry.kind === 'weight';
  const shape = weight ? [6, 4] : [3, 2, 2, 4];
  const random = createRandom('compare');
  const x = randn(shape, random, { dtype: 'float64' });
  for (let i = 0; i < x.size; i++) x.data[i] = 2 * x.data[i] + 0.5;
  const layer = createLayer(entry, x, { groups: 2 });
  // gamma = 0, as some norms start, would hide everything
  for (const parameter of layer.parameters()) {
    for (let i = 0; i < parameter.size; i++) parameter.data[i] += 0.3 * random.normal();
  }
  return removedBy(entry, numericJacobian(x, forwardOf(layer, x)), x, 2);
}

/** Directions of the gradient that never reach x, and over what: `1, x̂ per channel`. */
export function removedBy(
  entry: NormEntry,
  jacobian: readonly (readonly number[])[],
  x: Tensor,
  groups: number,
): string {
  const ways = groupings(x.shape, groups, entry.kind === 'weight');
  const ones = swallowedOver(jacobian, new Float64Array(x.size).fill(1), ways);
  const scale = swallowedOver(jacobian, x.data, ways);
  const along = entry.kind === 'weight' ? 'w' : entry.view && entry.centred ? 'x̂' : 'x';
  if (ones !== null && ones === scale) return `1, ${along} per ${ones}`;
  const parts = [ones && `1 per ${ones}`, scale && `${along} per ${scale}`].filter(Boolean);
  return parts.join('; ') || 'nothing';
}
