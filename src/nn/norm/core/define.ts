import type { SetView, Shape } from '../../../kernels/contract.ts';
import type { GoldenRun } from './golden.ts';
import type { Norm } from './norm.ts';

/** One norm: everything that the command line, gradcheck, verify, the laws, `explain` and docs/norms know of it. */
export interface DefinedNorm<Options extends object = object> {
  /** As in `--norm`. */
  name: string;
  /** Other names by which it is found, beside its title and what `nameKey` takes for the same: `bn`. */
  aliases?: readonly string[];
  title: string;
  paper: string;
  /** Over the activations between layers (default), or over the weights of the layer that it wraps. */
  kind: 'activation' | 'weight';
  /** The index set S_i in one line, for people. */
  sets: string;
  /** What it learns, with shapes. */
  parameters: string;
  /**
   * x's reading as [n, p, g, k], for programs: the norm is one standardization over these sets, followed by gamma and beta.
   * null where it is something else.
   */
  view: ((shape: Shape, options: Options) => SetView) | null;
  /** Subtracts the mean, so that sum dx = 0 over each set (docs/mathematics.md, T1). */
  centred: boolean;
  /** 'training': a sample's output depends on the other samples of its batch while training. */
  dependsOnBatch: 'never' | 'training';
  /** The fewest channels that it is defined for; default: 1. */
  leastFeatures: number;
  /** Takes `detachStatistics`. */
  detaches: boolean;
  /** Runs a fused kernel in float32. The written form is checked against it. */
  fused: boolean;
  /** What becomes of a batch of one sample in training, in a few words. */
  batchOfOne: string;
  /** What other frameworks and the paper have by default, where they disagree, as they name things. */
  defaults: readonly FrameworkDefault[];
  /** What goes wrong with it. */
  traps: readonly string[];
  /** How the cases of golden files compute it, by the name of their operation. */
  golden: Readonly<Record<string, GoldenRun>>;
  /** The file that declares it, in src/nn/norm. */
  source: string;
  build(features: number, options: Options): Norm;
}

interface FrameworkDefault {
  where: string;
  says: string;
}

type Defaulted = 'kind' | 'view' | 'centred' | 'dependsOnBatch' | 'leastFeatures' | 'detaches' | 'fused';
type Usual = Defaulted | 'parameters' | 'batchOfOne' | 'defaults' | 'golden';

/** What a norm's file says of it; what it leaves out is as in most norms. */
export type NormDefinition<Options extends object> = Omit<DefinedNorm<Options>, Usual> &
  Partial<Pick<DefinedNorm<Options>, Usual>>;

/**
 * Declares a norm, at the end of its file: `export const group = defineNorm<GroupNormOptions>({ name: 'group', ... })`. In the
 * list of registry.ts it gets every check, a page, and a place in all commands.
 */
export function defineNorm<Options extends object>(norm: NormDefinition<Options>): DefinedNorm<Options> {
  const ofBatch = norm.dependsOnBatch === 'training';
  return {
    kind: 'activation',
    parameters: 'gamma [C], beta [C]',
    view: null,
    centred: false,
    dependsOnBatch: 'never',
    leastFeatures: 1,
    detaches: false,
    fused: false,
    batchOfOne: ofBatch ? 'throws on vectors; images and sequences still have their positions' : 'the same',
    defaults: [],
    golden: {},
    ...norm,
  };
}
