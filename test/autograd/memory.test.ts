import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { crossEntropy, linear, noGrad, parameter, relu, wrap } from '../../src/autograd/index.ts';
import { BatchNorm } from '../../src/nn/norm/batch/batchNorm.ts';
import { standardize } from '../../src/nn/norm/core/fused.ts';
import { Sgd } from '../../src/optim/index.ts';
import { createRandom } from '../../src/random.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Heap and typed arrays, in kB, without garbage: the arrays that one collection has found are given back by the next. */
function memoryInUse(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e3;
}

test('a plain loop of 10,000 steps holds its memory: forward, loss, backward, step, zeroGrad, log', () => {
  const random = createRandom(3);
  const weights = (size: number) => Float32Array.from({ length: size }, () => 0.3 * random.normal());
  const w1 = parameter(weights(8 * 24), [8, 24]);
  const norm = new BatchNorm(24);
  const w2 = parameter(weights(24 * 4), [24, 4]);
  const optimizer = new Sgd([w1, ...norm.parameters(), w2], { lr: 0.01, momentum: 0.9 });
  const x = wrap(weights(8 * 8), [8, 8]);
  const labels = Array.from({ length: 8 }, (_, i) => i % 4);

  const inUse: number[] = [];
  let logged = 0;
  for (let step = 1; step <= 10_000; step++) {
    const logits = linear(relu(norm.forward(linear(x, w1, null))), w2, null);
    const loss = crossEntropy(logits, labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    logged = loss.item();
    if (step % 2000 === 0) inUse.push(memoryInUse());
  }
  expect(logged).toBeLessThan(0.1);
  // One tensor without its numbers, kept from each of the 8,000 steps, is 3 MB; compiled code comes and goes by 1 MB
  expect(inUse[4] - inUse[0]).toBeLessThan(2000);
});

test('running statistics are not on the graph: nothing of the past steps hangs on them', () => {
  const norm = new BatchNorm(3);
  const before = norm.runningMean?.data;
  for (let step = 0; step < 3; step++) {
    norm.forward(wrap(Float32Array.of(1, 2, 3, 4, 5, 7), [2, 3])).backward({
      gradient: wrap(new Float32Array(6).fill(1), [2, 3]),
    });
  }
  for (const buffer of norm.namedBuffers().values()) {
    expect(buffer.node).toBeNull();
    expect(buffer.requiresGrad).toBe(false);
    expect(buffer.grad).toBeNull();
  }
  expect(norm.runningMean?.data).toBe(before);
});

test('evaluation in noGrad between the steps changes nothing', () => {
  const w = parameter(Float32Array.of(1, -2, 3, 4), [2, 2]);
  const x = wrap(Float32Array.of(1, 2, 3, 5), [2, 2]);
  const view = { n: 1, p: 2, g: 2, k: 1 };
  const step = () => {
    crossEntropy(standardize(linear(x, w, null), view, { eps: 1e-5 }).y, [0, 1]).backward();
    const gradient = w.grad?.toArray();
    w.grad = null;
    return gradient;
  };
  const plain = step();
  noGrad(() => linear(x, w, null));
  expect(step()).toEqual(plain);
});
