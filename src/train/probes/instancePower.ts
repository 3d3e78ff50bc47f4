import { noGrad, type Tensor } from '../../autograd/index.ts';
import { withForward } from '../../nn/layers/wrapForward.ts';
import { Norm } from '../../nn/norm/core/norm.ts';
import { WeightNorm } from '../../nn/norm/weights/normOfWeights.ts';
import { firstTestImages, type Probe } from './probe.ts';

/** As many as the power of the paper's figure needs to be stable within a percent. */
export const INSTANCE_POWER_IMAGES = 128;

/**
 * Where the power of the normalized activations y lies, layer by layer (Labatie et al. 2021, arXiv:2106.03743, section 4 and
 * figure 2). With mu and sigma the mean and standard deviation of a channel in one image, E and Var over the images, and the
 * mean over the channels:
 *   p1 = (E mu)^2      the same for all images: a network whose p1 goes to 1 computes constants
 *   p2 = Var mu        how the images' means differ
 *   p3 = (E sigma)^2   what varies within images, alike in all
 *   p4 = Var sigma     how that differs
 * They add up to E y^2, which is 1 behind a standardization. One value per norm, in the order of the network.
 */
export const instancePower: Probe = ({ model, data, config }) => {
  const norms = [...model.namedModules().values()].filter(
    (module): module is Norm => module instanceof Norm && !(module instanceof WeightNorm),
  );
  const layers: Power[] = [];
  withForward(
    norms,
    (norm, forward) => (x, then) => {
      layers.push(powerOf(standardized(norm, forward, x)));
      return forward(x, then);
    },
    () => noGrad(() => void model.forward(firstTestImages(data, INSTANCE_POWER_IMAGES))),
  );
  if (layers.length === 0) {
    throw new Error(
      `the probe "instancePower" looks behind norms, and ${config.model} with norm "${config.norm}" has none.`,
    );
  }
  const all = (key: keyof Power) => layers.map((layer) => layer[key]);
  return { p1: all('p1'), p2: all('p2'), p3: all('p3'), p4: all('p4') };
};

type Power = Record<'p1' | 'p2' | 'p3' | 'p4', number>;

/** What the norm computes before its gamma and beta: its output with 1 and 0 in their places. */
function standardized(norm: Norm, forward: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const affine = [...norm.namedParameters()].filter(([name]) => name === 'gamma' || name === 'beta');
  const before = affine.map(([, tensor]) => tensor.data.slice());
  for (const [name, tensor] of affine) tensor.set(tensor.data.map(() => (name === 'gamma' ? 1 : 0)));
  try {
    return forward(x);
  } finally {
    affine.forEach(([, tensor], i) => {
      tensor.set(before[i]);
    });
  }
}

/** y: [N, H, W, C]. */
function powerOf({ data, shape }: Tensor): Power {
  const [images, height, width, channels] = shape;
  if (shape.length !== 4) {
    throw new Error(
      `the probe "instancePower" is about images: a norm gave [${shape.join(', ')}], expected [N, H, W, C].`,
    );
  }
  const positions = height * width;
  const power = { p1: 0, p2: 0, p3: 0, p4: 0 };
  for (let c = 0; c < channels; c++) {
    const means = new Moments();
    const deviations = new Moments();
    for (let n = 0; n < images; n++) {
      const instance = new Moments();
      const start = n * positions * channels + c;
      for (let i = 0; i < positions; i++) instance.add(data[start + i * channels]);
      means.add(instance.mean);
      deviations.add(Math.sqrt(instance.variance));
    }
    power.p1 += means.mean ** 2 / channels;
    power.p2 += means.variance / channels;
    power.p3 += deviations.mean ** 2 / channels;
    power.p4 += deviations.variance / channels;
  }
  return power;
}

/** Mean and variance of numbers as they come (Welford 1962). */
class Moments {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.#squares += delta * (value - this.mean);
  }

  get variance(): number {
    return this.#squares / this.count;
  }
}
