import type { AdamStep, Numbers, RmspropStep, SgdStep } from '../contract.ts';

/** torch.optim.SGD. */
export function sgdStep(step: SgdStep): void {
  const { parameters, gradients, velocities, lr, momentum, dampening, nesterov, weightDecay, first } = step;
  parameters.forEach((w, index) => {
    const gradient = gradients[index];
    const velocity = velocities?.[index];
    for (let i = 0; i < w.length; i++) {
      const g = gradient[i] + weightDecay * w[i];
      let direction = g;
      if (velocity) {
        const v = first ? g : momentum * velocity[i] + (1 - dampening) * g;
        velocity[i] = v;
        direction = nesterov ? g + momentum * v : v;
      }
      w[i] -= lr * direction;
    }
  });
}

/** torch.optim.Adam (Kingma and Ba 2015), AMSGrad, and AdamW where `decoupled`. */
export function adamStep(step: AdamStep): void {
  const { parameters, gradients, firstMoments, secondMoments, maxSecondMoments } = step;
  const { lr, beta1, beta2, eps, weightDecay, decoupled } = step;
  const correction1 = 1 - beta1 ** step.step;
  const correction2 = Math.sqrt(1 - beta2 ** step.step);
  parameters.forEach((w, index) => {
    const gradient = gradients[index];
    const first = firstMoments[index];
    const second = secondMoments[index];
    const largest = maxSecondMoments?.[index];
    for (let i = 0; i < w.length; i++) {
      const g = decoupled ? gradient[i] : gradient[i] + weightDecay * w[i];
      const decayed = decoupled ? w[i] * (1 - lr * weightDecay) : w[i];
      const m = beta1 * first[i] + (1 - beta1) * g;
      let v = beta2 * second[i] + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      if (largest) {
        v = Math.max(largest[i], v);
        largest[i] = v;
      }
      w[i] = decayed - ((lr / correction1) * m) / (Math.sqrt(v) / correction2 + eps);
    }
  });
}

/** torch.optim.RMSprop. Rounding can leave v - m^2 a little below 0, which PyTorch's root makes NaN of; here it is 0. */
export function rmspropStep(step: RmspropStep): void {
  const { parameters, gradients, squareAverages, gradientAverages, velocities } = step;
  const { lr, alpha, eps, momentum, weightDecay } = step;
  parameters.forEach((w, index) => {
    const gradient = gradients[index];
    const squares = squareAverages[index];
    const means = gradientAverages?.[index];
    const velocity = velocities?.[index];
    for (let i = 0; i < w.length; i++) {
      const g = gradient[i] + weightDecay * w[i];
      let v = alpha * squares[i] + (1 - alpha) * g * g;
      squares[i] = v;
      if (means) {
        means[i] = alpha * means[i] + (1 - alpha) * g;
        v = Math.max(0, v - means[i] * means[i]);
      }
      let direction = g / (Math.sqrt(v) + eps);
      if (velocity) {
        direction += momentum * velocity[i];
        velocity[i] = direction;
      }
      w[i] -= lr * direction;
    }
  });
}

export function sumOfSquares(arrays: readonly Numbers[]): number {
  let sum = 0;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  }
  return sum;
}

export function scaleInPlace(arrays: readonly Numbers[], factor: number): void {
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) values[i] *= factor;
  }
}
