import { checkGradients, type GradcheckOptions } from '../autograd/gradcheck.ts';
import { type GradcheckResult, noGrad, randn, type Tensor } from '../autograd/index.ts';
import { rememberBuffers } from '../nn/buffers.ts';
import { type Form, withForm } from '../nn/norm/core/fused.ts';
import type { Norm } from '../nn/norm/core/norm.ts';
import { traced } from '../nn/norm/core/trace.ts';
import { findNorm } from '../nn/norm/createNorm.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { requireFields } from '../options.ts';
import { createRandom, type Random } from '../random.ts';
import { pathPairs, wrongPath } from './pathCheck.ts';

export interface GradcheckNormOptions extends GradcheckOptions {
  /** Of the input, channels last; default: [3, 4, 5, 6]. */
  shape?: readonly number[];
  /** Of the layer: groups, eps, affine and the like. GroupNorm has 3 groups on the default shape. */
  norm?: NormOptions;
}

/** One line of the report: the worst element of one gradient. */
export interface GradcheckRow extends Omit<GradcheckResult, 'name' | 'analytic' | 'numeric'> {
  norm: string;
  mode: 'train' | 'eval';
  /** The formulas of the norm's file, or the fused kernel that it names. */
  form: Form;
  /** `dx`, `dgamma`, ... */
  tensor: string;
  /** What a dx that failed looks like; null where it passed, or looks like nothing known. */
  looksLike: string | null;
}

const defaultShape = [3, 4, 5, 6];

/**
 * Checks the backward pass of a norm (an entry of `norms`, or its name) against differences (gradcheck) in float64, at parameters that are not the initial ones
 * ("zeros can mask an incorrect backward"): 1 + 0.4 randn for gamma, 0.4 randn for beta. Evaluation is checked where it
 * differs from training, with running statistics from other batches. For a wrong dx it says which path is wrong, and how.
 *
 * A norm that brings its own activation is checked with it. For a norm of weights the input is the weight, and it is checked
 * in evaluation: spectral norm's backward holds for a singular pair that stays where it is.
 */
export function gradcheckNorm(norm: NormEntry | string, options: GradcheckNormOptions = {}): GradcheckRow[] {
  const entry = typeof norm === 'string' ? findNorm(norm) : norm;
  requireFields('gradcheckNorm', entry, 'a norm, by its name or as defineNorm returns it', ['build', 'name']);
  requireFields('gradcheckNorm', options, 'an object of options', []);
  const { shape = defaultShape, seed = 1 } = options;
  const settings = options.norm ?? (options.shape ? {} : { groups: 3 });
  const random = createRandom(`gradcheck ${seed}`);
  const layer = entry.build(shape[shape.length - 1], settings).to('float64');
  for (const parameter of layer.parameters()) {
    for (let i = 0; i < parameter.size; i++) parameter.data[i] += 0.4 * random.normal();
  }
  const x = randn(shape, random, { dtype: 'float64', requiresGrad: true });
  runSomeBatches(layer, shape, random); // running statistics, and parameters that the first batch decides
  return modesOf(entry).flatMap((mode) => {
    layer.train(mode === 'train');
    const check = (form: Form) =>
      withForm(form, () => checkMode(entry, layer, x, { mode, form }, { ...options, norm: settings }));
    return entry.fused ? [...check('written'), ...check('fused')] : check('written');
  });
}

function modesOf({ kind, dependsOnBatch }: NormEntry): readonly GradcheckRow['mode'][] {
  if (kind === 'weight') return ['eval'];
  return dependsOnBatch === 'never' ? ['train'] : ['train', 'eval'];
}

function checkMode(
  entry: NormEntry,
  layer: Norm,
  x: Tensor,
  { mode, form }: Pick<GradcheckRow, 'mode' | 'form'>,
  options: GradcheckNormOptions,
): GradcheckRow[] {
  const restore = rememberBuffers(layer);
  const free = () => {
    restore(); // a forward pass must not change the next one
    return layer.forward(x, { relu: layer.activates });
  };
  // What counts as a constant by the norm's definition must not move with x
  const { rules } = traced(() => noGrad(free));
  const constants = rules.map((rule) => rule.constants);
  const forward = constants.some(({ size }) => size > 0) ? () => traced(free, constants).result : free;
  const inputs = { x, ...Object.fromEntries(layer.namedParameters()) };
  const { results, upstream } = checkGradients(forward, inputs, options);
  return results.map(({ name, analytic, numeric, ...result }) => {
    const wrong = name === 'x' && result.verdict === 'failed';
    return {
      norm: entry.name,
      mode,
      form,
      tensor: `d${name}`,
      ...result,
      looksLike: wrong ? reasonFor(form, free, x, upstream) : null,
    };
  });
}

/** Which path of a wrong dx is wrong; null where the norm is no single rule, or each of its paths is right. */
function reasonFor(form: Form, forward: () => Tensor, x: Tensor, upstream: Tensor): string | null {
  if (form === 'fused') return "the fused kernel does not compute what is written in the norm's file";
  const pairs = pathPairs(forward, x, upstream);
  return pairs && wrongPath(pairs);
}

/** Training batches of another mean and variance, so that the running statistics are not the initial ones. */
function runSomeBatches(layer: Norm, shape: readonly number[], random: Random): void {
  layer.train();
  noGrad(() => {
    for (let step = 0; step < 3; step++) {
      const batch = randn(shape, random, { dtype: 'float64' });
      for (let i = 0; i < batch.size; i++) batch.data[i] = 1.7 * batch.data[i] + 0.6;
      layer.forward(batch, { relu: layer.activates });
    }
  });
}
