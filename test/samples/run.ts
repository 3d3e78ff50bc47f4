import { expect } from 'vitest';
import { type DType, type Tensor, tensor } from '../../src/autograd/index.ts';
import { byName, type Sample, type SampleTensor, type SampleValue, samplesOf } from './samples.ts';

/** An argument as our functions take it: tensors are leaves, conditions of PyTorch's bool are 1 and 0. */
// biome-ignore lint/suspicious/noExplicitAny: each operation knows what its arguments are
export type Argument = any;

/** The input, and all other arguments by name; null for what is absent. */
type Call = (input: Argument, others: Readonly<Record<string, Argument>>) => Tensor;

/** Relative to the largest value. PyTorch's hardsigmoid multiplies its gradient by 1/6 in float32, in float64 too. */
const tolerance = (op: string, dtype: DType) => {
  if (dtype === 'float32') return 1e-4;
  return op === 'nn.functional.hardsigmoid' ? 1e-7 : 1e-9;
};

/**
 * Runs PyTorch's samples of `op` in both precisions, and so on both sets of kernels: value and every gradient must be PyTorch's.
 * `names` are those of the arguments behind the first. Returns how many there were.
 */
export function runSamples(op: string, names: readonly string[], call: Call): number {
  const samples = samplesOf(op);
  for (const sample of samples) {
    for (const dtype of ['float64', 'float32'] as const) runSample(op, sample, names, call, dtype);
  }
  return samples.length;
}

function runSample(op: string, sample: Sample, names: readonly string[], call: Call, dtype: DType): void {
  const made = new Map<SampleValue, Tensor>();
  const own = (value: SampleValue): Argument => {
    if (Array.isArray(value)) return value.map(own);
    if (!isTensor(value)) return value;
    const requiresGrad = value.dtype === 'float64';
    made.set(value, tensor(Float64Array.from(value.data), value.shape, { dtype, requiresGrad }));
    return made.get(value);
  };
  const others = Object.fromEntries(
    Object.entries(byName(sample, names)).map(([name, value]) => [name, own(value)]),
  );
  const y = call(own(sample.args[0]), others);
  const first = Array.isArray(sample.output) ? sample.output[0] : sample.output;
  const where = `${op}, sample ${sample.number}, ${dtype}`;
  expectNear(y, first as SampleTensor, tolerance(op, dtype), `${where}: y`);
  if (sample.dOutput === null) return;
  y.backward({ gradient: tensor(Float64Array.from(sample.dOutput.data), sample.dOutput.shape, { dtype }) });
  const compare = (value: SampleValue, gradient: SampleValue | undefined): void => {
    if (Array.isArray(value)) value.forEach((each, i) => void compare(each, (gradient as SampleValue[])[i]));
    const leaf = made.get(value);
    if (!leaf || !gradient) return;
    if (leaf.grad)
      expectNear(leaf.grad, gradient as SampleTensor, tolerance(op, dtype), `${where}: gradient`);
    else
      expect(
        (gradient as SampleTensor).data.every((each) => each === 0),
        `${where}: no gradient`,
      ).toBe(true);
  };
  for (const [i, value] of sample.args.entries()) compare(value, sample.gradients[i]);
  for (const [name, value] of Object.entries(sample.kwargs)) compare(value, sample.keywordGradients[name]);
}

function isTensor(value: SampleValue): value is SampleTensor {
  return typeof value === 'object' && value !== null && 'dtype' in value;
}

/** NaN and infinities in the same places. */
function expectNear(actual: Tensor, expected: SampleTensor, tolerance: number, where: string): void {
  expect(actual.shape, where).toEqual(expected.shape);
  const most = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  expected.data.forEach((value, i) => {
    const got = actual.data[i];
    if (Object.is(got, value) || Math.abs(got - value) <= tolerance * most) return;
    expect.fail(`${where}[${i}]: ${got}, PyTorch has ${value}`);
  });
}
