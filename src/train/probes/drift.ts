import { noGrad, type Tensor } from '../../autograd/index.ts';
import { Activation } from '../../nn/layers/activation.ts';
import { withForward } from '../../nn/layers/wrapForward.ts';
import { firstTestImages, type Probe } from './probe.ts';

const IMAGES = 1000;

/**
 * How the inputs of the last hidden activation are spread over 1,000 images (Ioffe and Szegedy 2015, figure 1 b and c):
 *   p15, p50, p85   the percentiles of its first unit, which the paper calls a typical one
 *   spread          85th minus 15th percentile, the mean over all units
 */
export const drift: Probe = ({ model, data, config }) => {
  const activations = [...model.namedModules().values()].filter((module) => module instanceof Activation);
  const inputs: Tensor[] = [];
  withForward(
    activations.slice(-1),
    (_, forward) => (x) => {
      inputs.push(x.clone());
      return forward(x);
    },
    () => noGrad(() => void model.forward(firstTestImages(data, IMAGES))),
  );
  if (inputs.length === 0) {
    throw new Error(
      `the probe "drift" looks at a hidden activation that is a layer of its own; ${config.model} with ` +
        `${config.activation ?? 'its default activation'} has none (a ReLU is computed inside the layer before it). ` +
        'Use an mlp with --activation sigmoid or tanh.',
    );
  }
  const [{ data: values, shape }] = inputs;
  const units = shape[shape.length - 1];
  const ofUnit = (unit: number) => {
    const own = Float64Array.from(
      { length: values.length / units },
      (_, i) => values[i * units + unit],
    ).sort();
    return (percent: number) => own[Math.round((percent / 100) * (own.length - 1))];
  };
  const [p15, p50, p85] = [15, 50, 85].map(ofUnit(0));
  let spread = 0;
  for (let unit = 0; unit < units; unit++) {
    const percentile = ofUnit(unit);
    spread += (percentile(85) - percentile(15)) / units;
  }
  return { p15, p50, p85, spread };
};
