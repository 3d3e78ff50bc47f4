import { describe, expect, test } from 'vitest';
import * as ops from '../../src/autograd/index.ts';
import { Tensor } from '../../src/autograd/index.ts';
import { byName, type Sample, type SampleTensor, samplesOf } from './samples.ts';

/** PyTorch's own inputs of what sequences are made of: every sample here runs, in float64 to 1e-9. */
const given = ({ shape, data }: SampleTensor, requiresGrad = true) =>
  new Tensor(Float64Array.from(data), shape, { requiresGrad });
/** PyTorch's weight is [out, in]. */
const turned = (weight: Tensor) => ops.transpose(weight, 0, 1);

interface Run {
  y: Tensor;
  /** In the order of the sample's arguments. */
  leaves: (Tensor | null)[];
}

const runs: Record<string, (sample: Sample) => Run> = {
  'nn.functional.linear': ({ args }) => {
    const [x, w, bias = null] = args.map((each) => given(each as SampleTensor));
    return { y: ops.linear(x, turned(w), bias), leaves: [x, w, bias] };
  },
  'nn.functional.embedding': ({ args }) => {
    const table = given(args[0] as SampleTensor);
    const indices = given(args[1] as SampleTensor, false);
    return { y: ops.embedding(indices, table), leaves: [table, null] };
  },
  // Samples with dropout_p 0.5 (every second of 16) are left out: PyTorch's random masks cannot be drawn here.
  'nn.functional._scaled_dot_product_attention': (sample) => {
    const { is_causal: causal } = byName(sample, []) as { is_causal: boolean };
    const [query, key, value] = sample.args.map((each) => given(each as SampleTensor));
    return { y: ops.scaledDotProductAttention(query, key, value, { causal }), leaves: [query, key, value] };
  },
};

describe.each(Object.entries(runs))('%s', (op, run) => {
  test.each(samplesOf(op).map((sample) => ({ sample, number: sample.number })))(
    'sample $number',
    ({ sample }) => {
      const { y, leaves } = run(sample);
      const output = (Array.isArray(sample.output) ? sample.output[0] : sample.output) as SampleTensor;
      expectClose(y, output);
      y.backward({ gradient: given(sample.dOutput!, false) });
      leaves.forEach((leaf, i) => {
        const expected = sample.gradients[i] as SampleTensor | null | undefined;
        if (leaf && expected) expectClose(leaf.grad!, expected);
        else expect(leaf?.grad ?? null).toBe(expected ?? null);
      });
    },
  );
});

function expectClose(actual: Tensor, { shape, data }: SampleTensor): void {
  expect(actual.shape).toEqual(shape);
  const largest = Math.max(1, ...data.map(Math.abs));
  const errors = actual.toArray().map((value, i) => Math.abs(value - data[i]));
  expect(errors.filter((error) => !(error <= 1e-9 * largest))).toEqual([]);
}
