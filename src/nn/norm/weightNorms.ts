import type { NormEntry } from './core/entry.ts';
import { filterSets, type WeightNorm } from './weights/normOfWeights.ts';
import { ScaledWeightStandardization } from './weights/scaledWeightStandardization.ts';
import { SpectralNorm } from './weights/spectralNorm.ts';
import { WeightNormalization } from './weights/weightNormalization.ts';
import { WeightStandardization } from './weights/weightStandardization.ts';

/** An entry for `features` filters. */
interface WeightNormEntry extends NormEntry {
  kind: 'weight';
  build: (features: number, options: { eps?: number }) => WeightNorm;
}

const ofWeights = {
  kind: 'weight',
  dependsOnBatch: 'never',
  batchOfOne: 'the same',
  view: null,
  centred: false,
} as const;

/** Norms of weights (part of the registry). Their input is a weight [kh, kw, in, out] or [in, out]. */
export const weightNorms: readonly WeightNormEntry[] = [
  {
    ...ofWeights,
    name: 'weight-standardization',
    title: 'Weight Standardization',
    paper: 'Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520',
    sets: 'the weights of one filter',
    parameters: 'none',
    view: filterSets,
    centred: true,
    build: (features, { eps }) => new WeightStandardization(features, eps === undefined ? {} : { eps }),
  },
  {
    ...ofWeights,
    name: 'scaled-weight-standardization',
    title: 'Scaled Weight Standardization',
    paper: 'Brock, De, Smith 2021, arXiv:2101.08692',
    sets: 'the weights of one filter',
    parameters: 'gain [out]',
    centred: true,
    build: (features, { eps }) => new ScaledWeightStandardization(features, { eps }),
  },
  {
    ...ofWeights,
    name: 'weight-norm',
    title: 'Weight Norm',
    paper: 'Salimans and Kingma 2016, arXiv:1602.07868',
    sets: 'the weights of one filter',
    parameters: 'g [out]',
    build: (features) => new WeightNormalization(features),
  },
  {
    ...ofWeights,
    name: 'spectral',
    title: 'Spectral Norm',
    paper: 'Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957',
    sets: 'the whole weight, as a matrix',
    parameters: 'none; u and v are state',
    build: (features) => new SpectralNorm(features),
  },
];
