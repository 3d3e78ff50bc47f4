import { evoNormB0Entry } from './activation/evoNormB0.ts';
import { evoNormS0Entry } from './activation/evoNormS0.ts';
import { frn } from './activation/filterResponseNorm.ts';
import { proxyGroup, proxyLayer } from './activation/proxyNorm.ts';
import { batch } from './batch/batchNorm.ts';
import { batchRenormalization } from './batch/batchRenorm.ts';
import { extendedBatch } from './batch/extendedBatchNorm.ts';
import { ghost } from './batch/ghostBatchNorm.ts';
import { l1Batch } from './batch/l1BatchNorm.ts';
import { meanOnly } from './batch/meanOnlyBatchNorm.ts';
import { topkBatch } from './batch/topkBatchNorm.ts';
import type { DefinedNorm, OptionsOfAll } from './core/define.ts';
import { batchChannel } from './mixed/batchChannelNorm.ts';
import { batchInstance } from './mixed/batchInstanceNorm.ts';
import { switchable } from './mixed/switchableNorm.ts';
import { actNorm } from './pointwise/actNorm.ts';
import { derf } from './pointwise/dynamicErf.ts';
import { dyt } from './pointwise/dynamicTanh.ts';
import { layerScaleEntry } from './pointwise/layerScale.ts';
import { divisive } from './response/divisiveNorm.ts';
import { gdnEntry } from './response/gdn.ts';
import { grn } from './response/globalResponseNorm.ts';
import { localResponse } from './response/localResponseNorm.ts';
import { adain } from './sample/adaptiveInstanceNorm.ts';
import { conditionalInstance } from './sample/conditionalInstanceNorm.ts';
import { group } from './sample/groupNorm.ts';
import { instance } from './sample/instanceNorm.ts';
import { layer, layerPosition } from './sample/layerNorm.ts';
import { partialRms } from './sample/partialRmsNorm.ts';
import { positional } from './sample/positionalNorm.ts';
import { rms } from './sample/rmsNorm.ts';
import { scale } from './sample/scaleNorm.ts';
import { scaledWeightStandardizationEntry } from './weights/scaledWeightStandardization.ts';
import { spectral } from './weights/spectralNorm.ts';
import { weightNorm } from './weights/weightNormalization.ts';
import { weightStandardizationEntry } from './weights/weightStandardization.ts';

/** Every norm of this library once, in the order of the tables. */
const norms = [
  ...[batch, layer, layerPosition, instance, group, rms, partialRms, scale, batchRenormalization, ghost],
  ...[batchInstance, switchable, positional, meanOnly, l1Batch, topkBatch, extendedBatch, batchChannel],
  ...[adain, conditionalInstance, actNorm, frn, evoNormB0Entry, evoNormS0Entry, proxyLayer, proxyGroup],
  ...[grn, localResponse, divisive, gdnEntry, dyt, derf, layerScaleEntry],
  ...[weightStandardizationEntry, scaledWeightStandardizationEntry, weightNorm, spectral],
];

/** Everything that some norm takes, by name; each takes what its own options name. */
export type NormOptions = OptionsOfAll<(typeof norms)[number]>;
export type NormEntry = DefinedNorm<NormOptions>;

const all: NormEntry[] = [...norms];
/** Every norm that there is: the ones above, and those that programs have added (`registerNorm`). Look it up when it is needed. */
export const registry: readonly NormEntry[] = all;

/** Adds a norm behind the others; the function that comes back takes it out again. `registerNorm` is what to call. */
export function addNorm(norm: NormEntry): () => void {
  all.push(norm);
  return () => void all.splice(all.indexOf(norm), 1);
}
