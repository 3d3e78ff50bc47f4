import {
  BatchNorm,
  conv2d,
  createModel,
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
import type { Case } from './cases.ts';

/** A run of the case on normgrad: the same mathematics as torchWorker.py, channels last. */
export function makeOurs(benchCase: Case): () => void {
  const random = createRandom(0);
  switch (benchCase.kind) {
    case 'step':
      return trainingStep(benchCase, random);
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

function trainingStep({ model: name, norm, batch }: Case & { kind: 'step' }, random: Random): () => void {
  const grey = name === 'mlp' || name === 'tutorial';
  const input = grey ? ([28, 28, 1] as const) : ([32, 32, 3] as const);
  const choices = name === 'mlp' ? { hidden: [100, 100, 100], activation: 'sigmoid' as const } : {};
  const normOptions = norm === 'group' ? { groups: name === 'tutorial' ? 5 : 8 } : {};
  const model = createModel(name, { input, classes: 10, norm, normOptions, random, ...choices });
  const optimizer: Optimizer =
    name === 'tutorial'
      ? createOptimizer('adam', model.parameters(), { lr: 1e-3 })
      : createOptimizer('sgd', model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 1e-4 });
  const x = randn([batch, ...input], random);
  const labels = Int32Array.from({ length: batch }, () => random.integer(10));
  return () => {
    optimizer.zeroGrad();
    crossEntropy(model.forward(x), labels).backward();
    optimizer.step();
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
