import { shown } from '../../../errors.ts';
import type { SetView, Shape } from '../../../kernels/contract.ts';
import { requireFields } from '../../../options.ts';
import type { GoldenRun } from './golden.ts';
import { Norm } from './norm.ts';

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
  /** The file that declares it: in src/nn/norm, or a user's, as it was named. */
  source: string;
  build(features: number, options: Options): Norm;
}

type OptionsOf<Norm> = Norm extends DefinedNorm<infer Options> ? Options : never;

/** Of a union of norms, everything that one of them takes, by name. */
export type OptionsOfAll<Norms> = (Norms extends unknown ? (each: OptionsOf<Norms>) => void : never) extends (
  all: infer Options,
) => void
  ? Options
  : never;

interface FrameworkDefault {
  where: string;
  says: string;
}

/** What a norm's file says of it; what it leaves out is as in most norms. */
export type NormDefinition<Options extends object> = Pick<DefinedNorm<Options>, 'name' | 'build'> &
  Partial<DefinedNorm<Options>>;

/**
 * Declares a norm, at the end of its file: `export const group = defineNorm<GroupNormOptions>({ name: 'group', ... })`. `name` and
 * `build`, from a number of features to the layer, are all that it needs; the rest is what pages and checks say of it. A norm of
 * this library goes into the list of registry.ts; one of your own is registered (`registerNorm`), or is the default export of a
 * file that commands are given: `--norm ./mine.mjs`.
 */
export function defineNorm<Options extends object>(norm: NormDefinition<Options>): DefinedNorm<Options> {
  checkDefinition('defineNorm', norm);
  const ofBatch = norm.dependsOnBatch === 'training';
  return {
    title: norm.name,
    paper: '',
    sets: '',
    traps: [],
    source: '',
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
    build: (features, options) => requireNorm(norm.name, norm.build(features, options)),
  };
}

function requireNorm(name: string, layer: unknown): Norm {
  if (layer instanceof Norm) return layer;
  throw new Error(
    `norm "${name}": build returns an instance of a class that extends Norm, imported from 'normgrad', got ${shown(layer)}.`,
  );
}

/** A name that command lines, files and figures can have. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Throws unless it is a definition of a norm: what a file of a user exports may be anything. */
export function checkDefinition(
  where: string,
  norm: unknown,
): asserts norm is { name: string; build: unknown } {
  requireFields(where, norm, 'a norm, { name, build, … }', ['name', 'build']);
  const { name, build, kind = 'activation' } = norm as Record<string, unknown>;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new Error(
      `${where}: name is small letters, digits and hyphens, such as 'power' or 'sample-rms', got ${shown(name)}.`,
    );
  }
  if (name === 'none') throw new Error(`${where}: "none" is the word for no norm; choose another name.`);
  if (typeof build !== 'function') {
    throw new Error(
      `${where}: build of "${name}" is a function, (features, options) => a Norm, got ${shown(build)}.`,
    );
  }
  if (kind !== 'activation' && kind !== 'weight') {
    throw new Error(`${where}: kind of "${name}" is 'activation' or 'weight', got ${shown(kind)}.`);
  }
}
