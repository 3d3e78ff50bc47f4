import { clipGradNorm } from '../../optim/index.ts';
import { imagesOf } from '../data.ts';
import { batchLoss } from '../loss.ts';
import type { Probe } from './probe.ts';

/**
 * How large the gradient of each weight is, by the weight's name: the Euclidean norm of dL/dW over the batch of the coming step, for
 * all parameters with two axes or more, in the order of the network. Biases, gammas and betas are left out. Before the first step it
 * says which layers a network begins to learn with (Glorot and Bengio 2010; Xiong et al. 2020, figure 3).
 */
export const weightGradients: Probe = ({ model, batch, data, loss }) => {
  model.zeroGrad();
  const logits = model.forward(imagesOf(data, batch));
  batchLoss(loss, logits, batch).backward();
  const weights = [...model.namedParameters()].filter(([, { rank, grad }]) => rank >= 2 && grad !== null);
  return Object.fromEntries(weights.map(([name, weight]) => [name, clipGradNorm([weight], Infinity)]));
};
