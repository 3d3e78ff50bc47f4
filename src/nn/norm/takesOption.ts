import { noGrad, randn } from '../../autograd/index.ts';
import { createRandom } from '../../random.ts';
import type { NormEntry, NormOptions } from './registry.ts';

/** Options, and two values of each with which a norm that takes it computes other numbers. */
const pairs = {
  groups: [{ groups: 1 }, { groups: 2 }],
  channelsPerGroup: [{ channelsPerGroup: 1 }, { channelsPerGroup: 2 }],
  virtualBatch: [{ virtualBatch: 2 }, { virtualBatch: 4 }],
  eps: [{ eps: 1e-5 }, { eps: 1e6 }],
  momentum: [{ momentum: 0.1 }, { momentum: 0.5 }],
  rMax: [
    { rMax: 1, dMax: 0, schedule: null },
    { rMax: 3, dMax: 5, schedule: null },
  ],
} satisfies { [Name in keyof NormOptions]: readonly [NormOptions, NormOptions] };

export type TriedOption = keyof typeof pairs;

const known = new WeakMap<NormEntry, Map<TriedOption, boolean>>();

/**
 * Whether a norm looks at the option: every norm may be given those of all, and passes over what it does not know. That is tried, in
 * training and evaluation, so that it is known of a user's norm, too; one that cannot be tried is believed to.
 */
export function takesOption(norm: NormEntry, option: TriedOption): boolean {
  const ofNorm = known.get(norm) ?? new Map<TriedOption, boolean>();
  known.set(norm, ofNorm);
  const takes = ofNorm.get(option) ?? tried(norm, option);
  ofNorm.set(option, takes);
  return takes;
}

function tried(norm: NormEntry, option: TriedOption): boolean {
  try {
    const [one, other] = pairs[option].map((options) => computed(norm, options));
    return one !== other;
  } catch {
    return true;
  }
}

/** [4, 3, 3, 8], of mean 2 and variance 9, through a new layer: twice in training, then in evaluation. */
function computed(norm: NormEntry, options: NormOptions): string {
  const random = createRandom('options');
  const x = randn([4, 3, 3, 8], random).mul(3).add(2);
  const layer = norm.build(8, options);
  // Some begin with a gamma of 0, behind which nothing shows
  for (const { data } of layer.parameters()) for (let i = 0; i < data.length; i++) data[i] += random.normal();
  const pass = () => layer.forward(x, { relu: layer.activates }).toArray();
  return noGrad(() => {
    const trained = [pass(), pass()];
    layer.eval();
    return [...trained, pass()].join();
  });
}
