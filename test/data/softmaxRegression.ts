import type { ImageSet, Values } from '../../src/data/dataset.ts';

/** Accuracy on `test` of a linear model (softmax regression), trained by plain stochastic gradient descent. */
export function softmaxRegressionAccuracy(
  train: ImageSet,
  test: ImageSet,
  epochs: number,
  lr: number,
): number {
  const inputs = train.images.length / train.count;
  const classes = train.classes.length;
  const weights = Array.from({ length: classes }, () => new Float64Array(inputs + 1));
  const logits = (images: Values, at: number) =>
    weights.map((row) => {
      let sum = row[inputs];
      for (let p = 0; p < inputs; p++) sum += (row[p] * images[at + p]) / 255;
      return sum;
    });

  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = lr * (1 - epoch / epochs);
    for (let i = 0; i < train.count; i++) {
      const z = logits(train.images, i * inputs);
      const top = Math.max(...z);
      const exp = z.map((value) => Math.exp(value - top));
      const sum = exp.reduce((a, b) => a + b);
      weights.forEach((row, k) => {
        const step = rate * (exp[k] / sum - (train.labels[i] === k ? 1 : 0));
        for (let p = 0; p < inputs; p++) row[p] -= (step * train.images[i * inputs + p]) / 255;
        row[inputs] -= step;
      });
    }
  }
  let right = 0;
  for (let i = 0; i < test.count; i++) {
    const z = logits(test.images, i * inputs);
    if (z.indexOf(Math.max(...z)) === test.labels[i]) right++;
  }
  return right / test.count;
}
