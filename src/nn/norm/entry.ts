import type { SetView, Shape } from '../../kernels/kernels.ts';
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
  /** What becomes of a batch of one sample in training, in a few words. */
  batchOfOne: string;
  build: (features: number, options: NormOptions) => Norm;
}

export interface NormOptions {
  /** GroupNorm; unless told otherwise the largest divisor of the features up to 8. */
  groups?: number;
  eps?: number;
  /** BatchNorm: the weight of the new batch in the running statistics. */
  momentum?: number;
  affine?: boolean;
}
