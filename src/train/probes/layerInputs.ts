import { noGrad, type Tensor } from '../../autograd/index.ts';
import { WeightedLayer } from '../../nn/layers/weightedLayer.ts';
import { withForward } from '../../nn/layers/wrapForward.ts';
import { channelMoments } from './moments.ts';
import { firstTestImages, type Probe } from './probe.ts';

/** For PyTorch's side, too. */
export const LAYER_INPUTS_IMAGES = 256;
/** A figure needs no more, and a line of metrics should not be longer. */
const MOST_CHANNELS = 8;

/**
 * What the last hidden convolution or dense layer is given for the first 256 test images, in training: batch norms take the statistics of
 * these images, and noise is drawn. How that changes from one measurement to the next is the "internal covariate shift" of Ioffe and
 * Szegedy (Santurkar et al. 2018, arXiv:1805.11604, figures 2 and 7, look at these two moments).
 *   mean, std   of each of the first 8 channels
 */
export const layerInputs: Probe = ({ model, data, config }) => {
  const layers = [...model.namedModules().values()].filter((module) => module instanceof WeightedLayer);
  const watched = layers.at(-2);
  if (!watched) {
    throw new Error(
      `the probe "layerInputs" looks at the last hidden convolution or dense layer, and ${config.model} has none. Use a deeper network.`,
    );
  }
  const inputs: Tensor[] = [];
  withForward(
    [watched],
    (_, forward) => (x, then) => {
      inputs.push(x.clone());
      return forward(x, then);
    },
    () => noGrad(() => void model.forward(firstTestImages(data, LAYER_INPUTS_IMAGES))),
  );
  const { mean, variance } = channelMoments(inputs[0]);
  const kept = (values: Float64Array) => [...values.subarray(0, MOST_CHANNELS)];
  return { mean: kept(mean), std: kept(variance).map(Math.sqrt) };
};
