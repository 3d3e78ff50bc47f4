import type { SetView, Shape } from '../../../kernels/contract.ts';
import type { BatchNormOptions } from '../batch/batchNorm.ts';
import type { BatchRenormOptions } from '../batch/batchRenorm.ts';
import type { GhostBatchNormOptions } from '../batch/ghostBatchNorm.ts';
import type { TopkBatchNormOptions } from '../batch/topkBatchNorm.ts';
import type { BatchChannelOptions } from '../mixed/batchChannelNorm.ts';
import type { ConditionalOptions } from '../sample/conditionalInstanceNorm.ts';
import type { PartialRmsNormOptions } from '../sample/partialRmsNorm.ts';
import type { GroupOptions } from './groups.ts';
import type { Norm } from './norm.ts';

/** One norm, as the registry has it. */
export interface NormEntry {
  /** As in `--norm`. */
  name: string;
  title: string;
  paper: string;
  /** Over the activations between layers, or over the weights of the layer that it wraps. */
  kind: 'activation' | 'weight';
  /** The index set S_i in one line, for people. */
  sets: string;
  /** What it learns, with shapes. */
  parameters: string;
  /**
   * x's reading as [n, p, g, k], for programs: the norm is one standardization over these sets, followed by gamma and beta.
   * null where it is something else.
   */
  view: ((shape: Shape, options: NormOptions) => SetView) | null;
  /** Subtracts the mean, so that sum dx = 0 over each set (law T1). */
  centred: boolean;
  /** 'training': a sample's output depends on the other samples of its batch while training. */
  dependsOnBatch: 'never' | 'training';
  /** The fewest channels that it is defined for; 1 unless told otherwise. */
  leastFeatures?: number;
  /** Takes `detachStatistics`; false unless told otherwise. */
  detaches?: true;
  /** What becomes of a batch of one sample in training, in a few words. */
  batchOfOne: string;
  build: (features: number, options: NormOptions) => Norm;
}

/** Everything that some norm takes, by name; each takes what its own options name. */
export interface NormOptions
  extends BatchNormOptions,
    Pick<BatchRenormOptions, 'rMax' | 'dMax' | 'schedule'>,
    Pick<GhostBatchNormOptions, 'virtualBatch'>,
    Pick<PartialRmsNormOptions, 'portion'>,
    Pick<TopkBatchNormOptions, 'topK'>,
    Pick<BatchChannelOptions, 'estimated'>,
    GroupOptions,
    Pick<ConditionalOptions, 'conditions'> {}
