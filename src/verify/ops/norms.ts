import type { Tensor } from '../../autograd/index.ts';
import {
  channelsFirst,
  channelsLast,
  denseFirst,
  denseLast,
  kernelFirst,
  kernelLast,
} from '../../nn/border.ts';
import type { GoldenInputs, GoldenRun } from '../../nn/norm/core/golden.ts';
import { registry } from '../../nn/norm/registry.ts';
import type { GoldenOp, Inputs, Outputs } from './goldenOp.ts';

/** The norms by their golden names: each norm's file says how it computes its cases. */
export function normOps(): Readonly<Record<string, GoldenOp>> {
  return Object.fromEntries(
    registry.flatMap(({ golden }) => Object.entries(golden).map(([name, run]) => [name, acrossBorder(run)])),
  );
}

/** A golden case in PyTorch's layout, for a norm that knows channels last only. */
function acrossBorder({ layout = 'channels', run }: GoldenRun): GoldenOp {
  if (layout === 'own') return (inputs, a) => named(run(withNulls(inputs), a));
  if (layout === 'weight') {
    return ({ weight, ...inputs }, a) => {
      const isKernel = weight.rank === 4;
      const x = (isKernel ? kernelLast : denseLast)(weight);
      const { y, ...rest } = named(run(withNulls({ ...inputs, x }), a));
      return { y: (isKernel ? kernelFirst : denseFirst)(y), ...rest };
    };
  }
  return (inputs, a) => {
    const { y, ...rest } = named(run(withNulls({ ...inputs, x: channelsLast(inputs.x) }), a));
    return { y: channelsFirst(y), ...rest };
  };
}

/** gamma and beta: null where the case has none. */
function withNulls(inputs: Inputs): GoldenInputs {
  return { ...inputs, x: inputs.x, gamma: inputs.gamma ?? null, beta: inputs.beta ?? null } as GoldenInputs;
}

function named(result: Tensor | Record<string, Tensor>): Outputs {
  return 'data' in result ? { y: result as Tensor } : (result as Outputs);
}
