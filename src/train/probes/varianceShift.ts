import { noGrad, type Tensor } from '../../autograd/index.ts';
import { withForward } from '../../nn/layers/wrapForward.ts';
import { BatchNorm } from '../../nn/norm/batch/batchNorm.ts';
import { channelMoments } from './moments.ts';
import { firstTestImages, type Probe } from './probe.ts';

/** For PyTorch's side, too. */
export const VARIANCE_SHIFT_IMAGES = 1000;

/**
 * How far the variances that BatchNorm remembers from training are from those that it meets in evaluation, over 1,000 test images
 * (Li et al. 2018, arXiv:1801.05134, "variance shift"): dropout in front of a norm makes the first larger. Of each channel the larger
 * by the smaller, so that 1 is no shift.
 *   shift   one value per BatchNorm, the mean over its channels, in the order of the network
 *   mean    over the layers
 */
export const varianceShift: Probe = ({ model, data, config }) => {
  const modules = [...model.namedModules().values()];
  const norms = modules.filter((module) => module instanceof BatchNorm && module.tracks) as BatchNorm[];
  if (norms.length === 0) {
    throw new Error(
      `the probe "varianceShift" looks at the running variances of BatchNorm, and ${config.model} with norm "${config.norm}" has none. ` +
        'Use --norm batch.',
    );
  }
  const shifts = new Map<BatchNorm, number>();
  model.eval();
  withForward(
    norms,
    (norm, forward) => (x: Tensor, then) => {
      shifts.set(norm, shiftOf(norm, x));
      return forward(x, then);
    },
    () => noGrad(() => void model.forward(firstTestImages(data, VARIANCE_SHIFT_IMAGES))),
  );
  const shift = norms.flatMap((norm) => shifts.get(norm) ?? []);
  return { shift, mean: shift.reduce((sum, each) => sum + each, 0) / shift.length };
};

function shiftOf({ features, runningVar, options }: BatchNorm, x: Tensor): number {
  const { eps = 1e-5 } = options;
  const { variance } = channelMoments(x);
  let sum = 0;
  for (let c = 0; c < features; c++) {
    // A channel without any variance would be an infinity otherwise
    const [kept, met] = [runningVar!.data[c] + eps, variance[c] + eps];
    sum += Math.max(kept / met, met / kept) / features;
  }
  return sum;
}
