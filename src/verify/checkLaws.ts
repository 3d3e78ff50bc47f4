import { type Form, withForm } from '../nn/norm/core/fused.ts';
import { findNorm } from '../nn/norm/createNorm.ts';
import type { NormEntry } from '../nn/norm/registry.ts';
import { requireFields } from '../options.ts';
import { createRandom } from '../random.ts';
import { isFit, type Law, type LawSample, laws } from './laws.ts';
import { formsOf } from './passes.ts';

/** One law for one form of a norm. */
export interface LawRow {
  norm: string;
  form: Form;
  law: string;
  says: string;
  passed: boolean;
  /** How often it was tried, until it failed. */
  samples: number;
  /** Where and by how much it failed; null where it held. */
  why: string | null;
}

/**
 * Every law that a norm has to obey (an entry of `norms`, or its name), over random shapes, groups, parameters, inputs and upstreams.
 * What a file says of its norm decides which; of one that says nothing only T3, T6, T9 and T10 can be asked.
 */
export function checkLaws(
  norm: NormEntry | string,
  options: { samples?: number; seed?: number } = {},
): LawRow[] {
  const entry = typeof norm === 'string' ? findNorm(norm) : norm;
  requireFields('checkLaws', entry, 'a norm, by its name or as defineNorm returns it', ['build', 'name']);
  requireFields('checkLaws', options, 'an object of options', []);
  const { samples = 40, seed = 1 } = options;
  const applying = laws.filter(({ applies }) => applies(entry));
  return formsOf(entry).flatMap((form) => applying.map((law) => tried(entry, form, law, samples, seed)));
}

function tried(entry: NormEntry, form: Form, law: Law, samples: number, seed: number): LawRow {
  const row = { norm: entry.name, form, law: law.id, says: law.says };
  let count = 0;
  for (let i = 0; count < samples && i < 10 * samples; i++) {
    const sample = sampleOf(`laws ${seed} ${i}`);
    if (!isFit(law, entry, sample)) continue;
    count++;
    try {
      withForm(form, () => law.check(entry, sample));
    } catch (error) {
      const { shape, options } = sample;
      const where = `x [${shape.join(', ')}]${options.groups === 1 ? '' : `, groups ${options.groups}`}`;
      return { ...row, passed: false, samples: count, why: `${(error as Error).message} (${where})` };
    }
  }
  return { ...row, passed: true, samples: count, why: null };
}

/** Everything odd that fits: N = 1, H != W, C not a multiple of 4, one group, groups = C. */
function sampleOf(seed: string): LawSample {
  const random = createRandom(seed);
  const between = (low: number, high: number) => low + random.integer(high - low + 1);
  const shape = [between(1, 4), between(1, 4), between(2, 5), between(1, 7)] as const;
  const divisors = Array.from({ length: shape[3] }, (_, i) => i + 1).filter((g) => shape[3] % g === 0);
  return {
    shape,
    options: { groups: divisors[random.integer(divisors.length)] },
    seed: random.integer(2 ** 31),
  };
}
