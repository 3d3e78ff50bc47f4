/** One of PyTorch's samples against what this library computes: the output, and the gradient of every argument that has one. */
import { expect } from 'vitest';
import { Tensor } from '../../src/autograd/index.ts';
import type { Sample, SampleTensor, SampleValue } from './samples.ts';

export const isTensor = (value: SampleValue | undefined): value is SampleTensor =>
  typeof value === 'object' && value !== null && 'shape' in value;

/** A tensor of the sample as one of this library, on the graph; integers become numbers. */
export function leaf(value: SampleValue | undefined): Tensor | undefined {
  return isTensor(value)
    ? new Tensor(Float64Array.from(value.data), value.shape, { requiresGrad: value.dtype === 'float64' })
    : undefined;
}

/**
 * Throws unless y is the output, and the leaves have PyTorch's gradients, to 1e-9 of the largest value. `leaves` in the order of
 * PyTorch's arguments; undefined where one is no tensor or is not expressed.
 */
export function expectSample(sample: Sample, y: Tensor, leaves: readonly (Tensor | undefined)[]): void {
  expectNear(`sample ${sample.number}`, y, sample.output as SampleTensor);
  if (!sample.dOutput) return;
  const { shape, data } = sample.dOutput;
  y.backward({ gradient: new Tensor(Float64Array.from(data), shape) });
  let compared = 0;
  sample.gradients.forEach((gradient, i) => {
    if (!isTensor(gradient ?? undefined) || !leaves[i]) return;
    expectNear(
      `sample ${sample.number}, gradient of argument ${i}`,
      leaves[i].grad!,
      gradient as SampleTensor,
    );
    compared++;
  });
  expect(compared, `sample ${sample.number}: gradients`).toBeGreaterThan(0);
}

function expectNear(
  what: string,
  got: { shape: readonly number[]; toArray(): number[] },
  expected: SampleTensor,
) {
  expect(got.shape, what).toEqual(expected.shape);
  const scale = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  got.toArray().forEach((value, i) => {
    const difference = Math.abs(value - expected.data[i]);
    expect(difference <= 1e-9 * scale, `${what} at ${i}: ${value}, PyTorch has ${expected.data[i]}`).toBe(
      true,
    );
  });
}
