import { imagesOf } from '../data.ts';
import { batchLoss } from '../loss.ts';
import type { Probe, ProbeContext } from './probe.ts';

/** How far along the gradient the loss is looked at, in steps of the learning rate. */
const STEPS = [0.5, 1, 1.5, 2, 3, 4];

/**
 * The loss along the gradient of the coming step (Santurkar et al. 2018, arXiv:1805.11604, figure 4): from the weights w to
 * w - eta g, for eta from 1/2 to 4 times the learning rate, on the same batch.
 *   lossRange       largest minus smallest loss on the way
 *   gradientChange  the largest |g(w) - g(w - eta g)|, how little the gradient predicts
 *   relativeChange  the same, divided by |g|
 *   smoothness      the largest |g(w) - g(w - eta g)| / |eta g|, which no smooth function has above its beta
 */
export const landscape: Probe = (context) => {
  const { model, lr } = context;
  const parameters = model.parameters().filter(({ requiresGrad }) => requiresGrad);
  const start = parameters.map(({ data }) => data.slice());
  const here = lossAndGradient(context);
  const norm = distance(here.gradient);
  const losses: number[] = [];
  let [gradientChange, smoothness] = [0, 0];
  for (const factor of STEPS) {
    const eta = factor * lr;
    parameters.forEach(({ data }, p) => {
      for (let i = 0; i < data.length; i++) data[i] = start[p][i] - eta * here.gradient[p][i];
    });
    const there = lossAndGradient(context);
    const change = distance(here.gradient, there.gradient);
    losses.push(there.loss);
    gradientChange = Math.max(gradientChange, change);
    smoothness = Math.max(smoothness, change / (eta * norm));
  }
  parameters.forEach(({ data }, p) => {
    data.set(start[p]);
  });
  const lossRange = Math.max(...losses) - Math.min(...losses);
  return { lossRange, gradientChange, relativeChange: gradientChange / norm, smoothness };
};

function lossAndGradient({ model, data, batch, loss: lossOf }: ProbeContext) {
  const loss = batchLoss(lossOf, model.forward(imagesOf(data, batch)), batch);
  const value = loss.item();
  loss.backward();
  const parameters = model.parameters().filter(({ requiresGrad }) => requiresGrad);
  const gradient = parameters.map(({ grad, size }) =>
    grad ? Float64Array.from(grad.data) : new Float64Array(size),
  );
  model.zeroGrad();
  return { loss: value, gradient };
}

/** |a - b|, or |a|. */
function distance(a: readonly Float64Array[], b?: readonly Float64Array[]): number {
  let squares = 0;
  a.forEach((values, p) => {
    for (let i = 0; i < values.length; i++) squares += (values[i] - (b ? b[p][i] : 0)) ** 2;
  });
  return Math.sqrt(squares);
}
