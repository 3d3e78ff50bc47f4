import type { Trace } from '../../../train/trace/format.ts';
import type { SideView } from './view.ts';

/** More rows than these nobody reads. */
const mostLayers = 40;

/** A run of one's own, from what `train --trace` wrote of it, as a side. */
export function sideOf({ run, layers, parameters, steps }: Trace): SideView {
  const last = steps.at(-1);
  /** The Euclidean norm over the gradients of some of a layer's parameters. */
  const gradientOf = (layer: number, is: (parameter: (typeof parameters)[number]) => boolean) => {
    const own = parameters.flatMap((each, i) =>
      each.layer === layer && is(each) ? (last?.gradients[i] ?? []) : [],
    );
    return own.length > 0 ? Math.hypot(...own) : null;
  };
  return {
    title: `${run.dataset}, ${run.model}, norm ${run.norm}`,
    curve: {
      steps: Float64Array.from(steps, ({ step }) => step),
      losses: Float64Array.from(steps, ({ loss }) => loss),
    },
    epochs: [],
    layers: layers.slice(0, mostLayers).map(({ path, type }, i) => ({
      name: `${path} ${type}`,
      mean: last?.activations[i]?.mean ?? NaN,
      std: last?.activations[i]?.std ?? NaN,
      gradient: gradientOf(i, ({ shape }) => shape.length > 1),
      bias: gradientOf(i, ({ name }) => /(^|\.)bias$/.test(name)),
    })),
    last: last ? { step: last.step, loss: last.loss, accuracy: last.accuracy } : null,
    diverged: last && !Number.isFinite(last.loss) ? `loss ${last.loss} at step ${last.step}` : null,
    refused: null,
  };
}
