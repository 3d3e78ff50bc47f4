import { eigenvalues } from './eigenvalues.ts';
import type { Probe } from './probe.ts';

/** Beyond, the eigenvalues take longer than the training. */
const MOST_INPUTS = 64;

/**
 * How well gradient descent can go down in a first dense layer: the eigenvalues of E[u u'] over the training images, u = (x, 1) being
 * what the layer is given, with a 1 for its bias. For a linear model with the squared error that is the curvature itself, whatever the
 * weights: a step must be below 2 / largest, and then the slowest direction shrinks by a factor of 1 - 2 / condition in a step at best
 * (LeCun, Bottou, Orr and Müller 1998, "Efficient BackProp", section 4.3).
 *   largest, smallest   eigenvalue
 *   condition           the first by the second
 */
export const inputCondition: Probe = ({ data, config }) => {
  const inputs = data.imageShape.reduce((product, length) => product * length, 1);
  if (inputs > MOST_INPUTS) {
    throw new Error(
      `the probe "inputCondition" takes at most ${MOST_INPUTS} inputs, and an example of ${config.dataset} has ${inputs}. Use a table with few columns.`,
    );
  }
  const size = inputs + 1;
  const moments = Array.from({ length: size }, () => new Float64Array(size));
  let count = 0;
  for (const batch of data.train.epoch(1)) {
    for (let i = 0; i < batch.size; i++) {
      const u = [...batch.images.subarray(i * inputs, (i + 1) * inputs), 1];
      for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) moments[a][b] += u[a] * u[b];
    }
    count += batch.size;
  }
  const values = eigenvalues(moments.map((row) => row.map((sum) => sum / count)));
  const [smallest, largest] = [values[0], values[values.length - 1]];
  return { largest, smallest, condition: largest / smallest };
};
