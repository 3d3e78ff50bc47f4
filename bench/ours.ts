import {
  BatchNorm,
  conv2d,
  createOptimizer,
  createRandom,
  crossEntropy,
  GroupNorm,
  LayerNorm,
  matmul,
  type Norm,
  noGrad,
  type Optimizer,
  parameter,
  type Random,
  randn,
  type Tensor,
  zeroGrad,
} from '../src/index.ts';
import type { Case, StepCase } from './cases.ts';
import { readStart } from './start.ts';

/** A run of the case on normgrad: the same mathematics as torchWorker.py, channels last. Of a step it returns the loss. */
export async function makeOurs(benchCase: Case, start?: string): Promise<() => unknown> {
  const random = createRandom(0);
  switch (benchCase.kind) {
    case 'step':
      return trainingStep(benchCase, start!);
    case 'norm':
      return normAlone(benchCase, random);
    case 'conv':
      return convolution(benchCase, random);
    case 'gemm': {
      const a = lasting([benchCase.m, benchCase.k], random);
      const b = lasting([benchCase.k, benchCase.n], random);
      return () => noGrad(() => void matmul(a, b));
    }
    case 'optimizer':
      return optimizerStep(benchCase, random);
  }
}

async function trainingStep(benchCase: StepCase, start: string): Promise<() => number> {
  const { model, x, labels } = await readStart(benchCase, start);
  const optimizer: Optimizer =
    benchCase.model === 'tutorial'
      ? createOptimizer('adam', model.parameters(), { lr: 1e-3 })
      : createOptimizer('sgd', model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 1e-4 });
  return () => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
    return loss.item();
  };
}

function normAlone({ norm, shape, groups = 1 }: Case & { kind: 'norm' }, random: Random): () => void {
  const [n, c, ...image] = shape;
  const x = lasting([n, ...image, c], random);
  const dy = lasting([n, ...image, c], random);
  const layers: Record<typeof norm, () => Norm> = {
    batch: () => new BatchNorm(c),
    group: () => new GroupNorm(groups, c),
    layer: () => new LayerNorm(c),
  };
  const layer = layers[norm]();
  return () => {
    zeroGrad(x);
    layer.zeroGrad();
    layer.forward(x).backward({ gradient: dy });
  };
}

function convolution({ shape, out, kernel, stride }: Case & { kind: 'conv' }, random: Random): () => void {
  const x = lasting(shape, random);
  const w = lasting([kernel, kernel, shape[3], out], random);
  const geometry = { stride, padding: (kernel - 1) / 2 };
  const like = noGrad(() => conv2d(x, w, null, geometry));
  const dy = lasting(like.shape, random);
  return () => {
    zeroGrad(x);
    zeroGrad(w);
    conv2d(x, w, null, geometry).backward({ gradient: dy });
  };
}

function optimizerStep({ optimizer: name, sizes }: Case & { kind: 'optimizer' }, random: Random): () => void {
  const parameters = sizes.map((size) => lasting([size], random));
  for (const each of parameters) {
    each.grad = parameter(
      Float32Array.from({ length: each.size }, () => 1e-3 * random.normal()),
      each.shape,
    );
  }
  const optimizer =
    name === 'adam'
      ? createOptimizer('adam', parameters, { lr: 1e-3 })
      : createOptimizer('sgd', parameters, { lr: 1e-3, momentum: 0.9, weightDecay: 1e-4 });
  return () => optimizer.step();
}

/** A leaf in the kernels' own memory, so that no copy is timed that PyTorch does not make either. */
function lasting(shape: readonly number[], random: Random): Tensor {
  return parameter(randn(shape, random).data, shape);
}
