import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DType, parameter, tensor } from '../../src/autograd/index.ts';
import { createOptimizer, type OptimizerName } from '../../src/optim/index.ts';

// PyTorch's own numbers; test/golden/README.md has the format and says how they were made.
interface GoldenTensor {
  shape: number[];
  data: number[];
}
interface GoldenCase {
  name: string;
  op: OptimizerName;
  attrs: { lr: number };
  inputs: Record<string, GoldenTensor>;
  gradSequence: GoldenTensor[][];
  paramSequence: GoldenTensor[][];
}
const cases = ['optim', 'rmsprop-maximize'].flatMap(
  (file) =>
    JSON.parse(readFileSync(new URL(`../golden/${file}.json`, import.meta.url), 'utf8'))
      .cases as GoldenCase[],
);

const settings = cases.flatMap((golden) =>
  (['float64', 'float32'] as const).map((dtype) => ({ name: golden.name, dtype, golden })),
);

test.each(settings)('$name in $dtype follows PyTorch step by step', ({ golden, dtype }) => {
  const tolerance = dtype === 'float64' ? 1e-12 : 1e-6;
  const parameters = Object.values(golden.inputs).map(({ data, shape }) =>
    parameter(typed(data, dtype), shape),
  );
  const optimizer = createOptimizer(golden.op, parameters, golden.attrs);
  golden.gradSequence.forEach((gradients, t) => {
    parameters.forEach((p, i) => {
      p.grad = tensor(gradients[i].data, gradients[i].shape, { dtype });
    });
    optimizer.step();
    parameters.forEach((p, i) => {
      const expected = golden.paramSequence[t][i].data;
      const largest = Math.max(...expected.map(Math.abs));
      p.toArray().forEach((value, j) => {
        expect(Math.abs(value - expected[j])).toBeLessThan(tolerance * largest);
      });
    });
  });
});

function typed(data: number[], dtype: DType) {
  return dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data);
}
