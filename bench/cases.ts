/** What is timed: plain data, read by every side (ours.ts, torchWorker.py, peers/). */
export type Case = {
  name: string;
} /** width: of the hidden layers of the mlp (default 100), of the first stage of resnet20 (default 16). */ & (
  | { kind: 'step'; model: string; norm: string; batch: number; width?: number }
  /** shape as PyTorch has it: [N, C, H, W], or [N, D] for layer. */
  | { kind: 'norm'; norm: 'batch' | 'group' | 'layer'; shape: readonly number[]; groups?: number }
  /** shape [N, H, W, C]; padding kernel / 2. */
  | { kind: 'conv'; shape: readonly number[]; out: number; kernel: number; stride: number }
  | { kind: 'gemm'; m: number; k: number; n: number }
  | { kind: 'optimizer'; optimizer: 'sgd' | 'adam'; sizes: readonly number[] }
);

export type StepCase = Case & { kind: 'step' };

export const step = (model: string, norm: string, batch: number, width?: number): StepCase => ({
  name: `${model} ${norm} b${batch}${width === undefined ? '' : ` w${width}`}`,
  kind: 'step',
  model,
  norm,
  batch,
  ...(width === undefined ? {} : { width }),
});

const norm = (kind: 'batch' | 'group' | 'layer', shape: readonly number[]): Case => ({
  name: `${kind}${kind === 'group' ? '(8)' : ''} ${shape.join('x')}`,
  kind: 'norm',
  norm: kind,
  shape,
  groups: 8,
});

const conv = (shape: readonly number[], out: number, kernel = 3, stride = 1): Case => ({
  name: `conv ${kernel}x${kernel}/${stride} ${shape.join('x')} to ${out}`,
  kind: 'conv',
  shape,
  out,
  kernel,
  stride,
});

const gemm = (m: number, k: number, n: number): Case => ({
  name: `gemm ${m}x${k}x${n}`,
  kind: 'gemm',
  m,
  k,
  n,
});

/** The 65 parameters of ResNet-20, about 272,000 numbers. */
const resnet20Sizes = (() => {
  const sizes = [3 * 9 * 16, 16, 16];
  let inputs = 16;
  for (const [outputs, blocks] of [
    [16, 3],
    [32, 3],
    [64, 3],
  ] as const) {
    for (let block = 0; block < blocks; block++) {
      sizes.push(inputs * 9 * outputs, outputs, outputs, outputs * 9 * outputs, outputs, outputs);
      if (inputs !== outputs) sizes.push(inputs * outputs, outputs, outputs);
      inputs = outputs;
    }
  }
  return [...sizes, 640, 10];
})();

export const groups: Record<string, readonly Case[]> = {
  'training steps': [
    step('mlp', 'batch', 60),
    step('mlp', 'none', 60),
    step('tutorial', 'group', 32),
    step('tutorial', 'batch', 32),
    step('deep-cnn', 'batch', 32),
    step('deep-cnn', 'group', 32),
    step('deep-cnn', 'batch', 2),
    step('deep-cnn', 'group', 2),
    ...[128, 32, 4, 1].flatMap((batch) => [
      step('resnet20', 'batch', batch),
      step('resnet20', 'group', batch),
    ]),
  ],
  'norms alone, forward and backward': [
    norm('batch', [128, 64, 32, 32]),
    norm('batch', [128, 16, 32, 32]),
    norm('batch', [128, 32, 16, 16]),
    norm('batch', [128, 64, 8, 8]),
    norm('batch', [32, 64, 16, 16]),
    norm('group', [128, 16, 32, 32]),
    norm('group', [32, 64, 16, 16]),
    norm('layer', [4096, 768]),
    norm('layer', [1024, 256]),
    norm('layer', [128, 128]),
  ],
  optimizers: [
    { name: 'SGD over ResNet-20', kind: 'optimizer', optimizer: 'sgd', sizes: resnet20Sizes },
    { name: 'Adam over ResNet-20', kind: 'optimizer', optimizer: 'adam', sizes: resnet20Sizes },
  ],
  'convolutions, forward and backward': [
    conv([128, 32, 32, 16], 16),
    conv([128, 16, 16, 32], 32),
    conv([128, 8, 8, 64], 64),
    conv([32, 32, 32, 32], 32),
    conv([32, 16, 16, 64], 64),
    conv([4, 32, 32, 16], 16),
    conv([4, 8, 8, 64], 64),
    conv([128, 32, 32, 3], 16),
    conv([128, 32, 32, 16], 32, 3, 2),
    conv([128, 32, 32, 16], 32, 1, 2),
    conv([32, 28, 28, 1], 10),
    conv([32, 14, 14, 16], 32, 5),
  ],
  'matrix products': [
    gemm(60, 784, 100),
    gemm(32, 6760, 128),
    gemm(128, 784, 128),
    gemm(256, 256, 256),
    gemm(512, 512, 512),
    gemm(1024, 1024, 1024),
  ],
};

/** Floating-point operations of one run, for GFLOP/s: 2 per multiply and add; null where they say nothing. */
export function flops(benchCase: Case): number | null {
  if (benchCase.kind === 'gemm') return 2 * benchCase.m * benchCase.k * benchCase.n;
  if (benchCase.kind !== 'conv') return null;
  const [n, h, w, c] = benchCase.shape;
  const positions = Math.ceil(h / benchCase.stride) * Math.ceil(w / benchCase.stride);
  return 3 * 2 * n * positions * benchCase.out * c * benchCase.kernel ** 2; // forward, dx and dw
}
