import {
  backendName,
  createBatches,
  createModel,
  createRandom,
  crossEntropy,
  minMaxScale,
  Sgd,
  syntheticDigits,
  tensor,
} from '../../src/index.ts';
import { kernelMemory } from '../../src/kernels/wasm/runtime/memory.ts';
import { setThreadCount, threadCount } from '../../src/kernels/wasm/runtime/threads.ts';

/** What a training brought, and where it ran. Plain data: it crosses from Workers, and from Node to the page. */
export interface Training {
  losses: number[];
  kernels: string;
  /** How many threads there were, of those asked for. */
  threads: number;
  /** Whether the kernels' memory is a shared one. */
  shared: boolean;
}

/**
 * Trains the small cnn with BatchNorm for six steps on one batch of drawn digits, with the public API. The same in Node,
 * in a page and in a Worker. The event loop turns between two steps, since that is when a page starts its workers.
 */
export async function trainCnn(threads: number): Promise<Training> {
  setThreadCount(threads);
  const digits = syntheticDigits({ seed: 1, train: 16, test: 10 });
  const transform = minMaxScale({ min: [0], max: [255] });
  const [batch] = createBatches(digits.train, { batchSize: 16, transform, shuffleSeed: 1 }).epoch(0);
  const images = tensor(batch.images, [16, 28, 28, 1]);
  const random = createRandom(1);
  const model = createModel('cnn', { input: [28, 28, 1], classes: 10, norm: 'batch', random });
  const optimizer = new Sgd(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const losses: number[] = [];
  for (let step = 0; step < 6; step++) {
    const loss = crossEntropy(model.forward(images), batch.labels);
    losses.push(loss.item());
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return { losses, kernels: backendName(), threads: threadCount(), shared: kernelMemory().shared };
}
