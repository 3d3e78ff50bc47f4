import { EvoNormB0 } from './activation/evoNormB0.ts';
import { EvoNormS0 } from './activation/evoNormS0.ts';
import { FilterResponseNorm } from './activation/filterResponseNorm.ts';
import { ProxyNorm } from './activation/proxyNorm.ts';
import type { NormEntry } from './core/entry.ts';
import { groupsFor } from './core/groups.ts';
import { DynamicErf } from './pointwise/dynamicErf.ts';
import { DynamicTanh } from './pointwise/dynamicTanh.ts';
import { LayerScale } from './pointwise/layerScale.ts';
import { DivisiveNorm } from './response/divisiveNorm.ts';
import { Gdn } from './response/gdn.ts';
import { GlobalResponseNorm } from './response/globalResponseNorm.ts';
import { LocalResponseNorm } from './response/localResponseNorm.ts';

/** What most of them have in common. */
const perSample = {
  kind: 'activation',
  view: null,
  centred: false,
  dependsOnBatch: 'never',
  batchOfOne: 'the same',
} as const;

/** Norms of activations that are not a standardization over index sets, or do more than that (part of the registry). */
export const otherNorms: readonly NormEntry[] = [
  {
    ...perSample,
    name: 'frn',
    title: 'Filter Response Norm + TLU',
    paper: 'Singh and Krishnan 2019, arXiv:1911.09737',
    sets: 'the channel of the sample, over all positions',
    parameters: 'gamma [C], beta [C], tau [C]',
    build: (features, options) => new FilterResponseNorm(features, options),
  },
  {
    ...perSample,
    name: 'evonorm-b0',
    title: 'EvoNorm-B0',
    paper: 'Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967',
    sets: 'the channel, over the batch and all positions; and the channel of the sample',
    parameters: 'gamma [C], beta [C], v1 [C]',
    dependsOnBatch: 'training',
    batchOfOne: 'works; both deviations are then the same',
    build: (features, options) => new EvoNormB0(features, options),
  },
  {
    ...perSample,
    name: 'evonorm-s0',
    title: 'EvoNorm-S0',
    paper: 'Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967',
    sets: 'the group of channels of the sample, over all positions',
    parameters: 'gamma [C], beta [C], v1 [C]',
    build: (features, options) => new EvoNormS0(groupsFor(features, options), features, options),
  },
  {
    ...perSample,
    name: 'proxy-layer',
    title: 'LayerNorm + Proxy Norm',
    paper: 'Labatie, Masters, Eaton-Rosen, Luschi 2021, arXiv:2106.03743',
    sets: 'the sample, over all positions and channels',
    parameters: 'gamma [C], beta [C], betaProxy [C], gammaProxy [C]',
    centred: true,
    build: (features, { eps }) => new ProxyNorm(1, features, { eps }),
  },
  {
    ...perSample,
    name: 'proxy-group',
    title: 'GroupNorm + Proxy Norm',
    paper: 'Labatie, Masters, Eaton-Rosen, Luschi 2021, arXiv:2106.03743',
    sets: 'the group of channels of the sample, over all positions',
    parameters: 'gamma [C], beta [C], betaProxy [C], gammaProxy [C]',
    centred: true,
    build: (features, options) => new ProxyNorm(groupsFor(features, options), features, { eps: options.eps }),
  },
  {
    ...perSample,
    name: 'grn',
    title: 'Global Response Norm',
    paper: 'Woo et al. 2023, arXiv:2301.00808',
    sets: 'lengths of the channels over all positions, relative to their mean over the sample',
    parameters: 'gamma [C], beta [C]',
    build: (features, { eps }) => new GlobalResponseNorm(features, { eps }),
  },
  {
    ...perSample,
    name: 'local-response',
    title: 'Local Response Norm',
    paper: 'Krizhevsky, Sutskever, Hinton 2012',
    sets: 'the five nearest channels of the position',
    parameters: 'none',
    build: (features) => new LocalResponseNorm(features),
  },
  {
    ...perSample,
    name: 'divisive',
    title: 'Divisive Norm',
    paper: 'Ren, Liao, Urtasun, Sinz, Zemel 2016, arXiv:1611.04520',
    sets: 'the five nearest channels of the position',
    parameters: 'gamma [C], beta [C], sigma []',
    build: (features, { affine }) => new DivisiveNorm(features, { affine }),
  },
  {
    ...perSample,
    name: 'gdn',
    title: 'GDN',
    paper: 'Ballé, Laparra, Simoncelli 2015, arXiv:1511.06281',
    sets: 'the channels of the position, with learned weights',
    parameters: 'bRoot [C], gRoot [C, C]',
    build: (features) => new Gdn(features),
  },
  {
    ...perSample,
    name: 'dyt',
    title: 'Dynamic tanh',
    paper: 'Zhu, Chen, He, LeCun, Liu 2025, arXiv:2503.10622',
    sets: 'none: every element by itself',
    parameters: 'gamma [C], beta [C], alpha []',
    build: (features, { affine }) => new DynamicTanh(features, { affine }),
  },
  {
    ...perSample,
    name: 'derf',
    title: 'Dynamic erf',
    paper: 'Chen et al. 2025, arXiv:2512.10938',
    sets: 'none: every element by itself',
    parameters: 'gamma [C], beta [C], alpha [], shift []',
    build: (features, { affine }) => new DynamicErf(features, { affine }),
  },
  {
    ...perSample,
    name: 'layer-scale',
    title: 'LayerScale',
    paper: 'Touvron et al. 2021, arXiv:2103.17239',
    sets: 'none: every element by itself',
    parameters: 'lambda [C]',
    build: (features) => new LayerScale(features),
  },
];
