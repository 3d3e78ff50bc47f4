/** The cases of sequence.json, which sequence.py wrote, and how a layer is held to one. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { add, mul, sum, Tensor } from '../../../src/autograd/index.ts';

interface GoldenTensor {
  shape: number[];
  data: number[];
}
type Tensors = Record<string, GoldenTensor>;

export interface GoldenCase {
  name: string;
  kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: the options of different layers
  options: any;
  parameters: Tensors;
  inputs: Tensors;
  outputs: Tensors;
  upstream: Tensors;
  inputGradients: Tensors;
  parameterGradients: Tensors;
  masks?: Record<string, (number | boolean)[][]>;
}

const { cases } = JSON.parse(readFileSync(new URL('sequence.json', import.meta.url), 'utf8')) as {
  cases: GoldenCase[];
};

export const goldenCases = (kind: string) => cases.filter((each) => each.kind === kind);

export const goldenTensor = ({ shape, data }: GoldenTensor, requiresGrad = true) =>
  new Tensor(Float64Array.from(data), shape, { requiresGrad });

/** PyTorch's matrices are [out, in], those here [in, out]. */
export function turned({ shape, data }: GoldenTensor): number[] {
  if (shape.length !== 2) return data;
  const [rows, columns] = shape;
  return Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
}

export function put(own: Tensor, value: GoldenTensor): void {
  expect([...own.shape].reverse()).toEqual(value.shape);
  own.set(Float64Array.from(turned(value)));
}

/** Holds outputs and, after a backward pass of all of them, gradients to PyTorch's: 1e-10 of the largest value. */
export function matchGolden(
  golden: GoldenCase,
  run: {
    outputs: Record<string, Tensor>;
    inputs: Record<string, Tensor>;
    /** By PyTorch's name. */
    parameters: Record<string, Tensor>;
  },
): void {
  const names = Object.keys(golden.outputs);
  for (const name of names) close(name, run.outputs[name], golden.outputs[name].data);
  names
    .map((name) => sum(mul(run.outputs[name], goldenTensor(golden.upstream[name], false))))
    .reduce(add)
    .backward();
  for (const [name, { data }] of Object.entries(golden.inputGradients))
    close(name, run.inputs[name].grad!, data);
  for (const [name, value] of Object.entries(golden.parameterGradients)) {
    close(name, run.parameters[name].grad!, turned(value));
  }
}

export function close(name: string, actual: Tensor, expected: readonly number[]): void {
  const own = actual.toArray();
  expect(own.length, name).toBe(expected.length);
  const largest = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(...own.map((value, i) => Math.abs(value - expected[i]) / largest));
  expect(worst, name).toBeLessThan(1e-10);
}
