import { noGrad, sum, Tensor, tensor } from '../../src/autograd/index.ts';
import { useKernels } from '../../src/kernels/active.ts';
import type { Kernels, Numbers } from '../../src/kernels/contract.ts';
import { reference } from '../../src/kernels/reference/reference.ts';
import { allocate, release } from '../../src/kernels/wasm/runtime/memory.ts';
import { wasm } from '../../src/kernels/wasm/wasm.ts';

/** One call of the API under one set of kernels: the numbers that came of it, or the error. */
export type Outcome =
  | { shape: readonly number[]; values: number[]; gradients: number[][] }
  | { error: Error };

const lasting = new Set<Numbers>();

/** The WebAssembly kernels; what they allocate for good is remembered, so that a test can give it back. */
const tracked: Kernels = {
  ...wasm,
  lasting(data) {
    const block = wasm.lasting(data);
    lasting.add(block);
    return block;
  },
  release(data) {
    lasting.delete(data);
    wasm.release(data);
  },
};

/** Gives back the parameters that were made since, and their gradients. */
export function releaseLasting(): void {
  for (const block of lasting) wasm.release(block);
  lasting.clear();
}

const sets: Readonly<Record<string, Kernels>> = { wasm: tracked, reference };

/** Runs `fn` under both sets of kernels, the chosen ones are put back. */
export function onBoth(fn: () => Outcome): Record<string, Outcome> {
  const outcomes: Record<string, Outcome> = {};
  const before = useKernels(reference);
  try {
    for (const [name, kernels] of Object.entries(sets)) {
      useKernels(kernels);
      outcomes[name] = fn();
      endStep();
    }
  } finally {
    useKernels(before);
  }
  return outcomes;
}

/** Ends the running step, and what an operation that threw left: with numbers that lie in no pool, so that nothing begins anew. */
function endStep(): void {
  const x = tensor([1], { dtype: 'float64', requiresGrad: true });
  sum(x).backward();
  sum(x);
  noGrad(() => sum(x));
}

/** What engines say where a library should have spoken first. */
const ofTheEngine =
  /^Invalid (typed array|array|array buffer|string) length|buffer allocation|call stack|offset is out of bounds|Cannot (read|set|use|destructure|convert|mix)|is not (iterable|a function|a constructor|defined|an object)|undefined is not|out of bounds|unreachable|null function|\bcircular\b/;

/** Is it an error of this library, which says what was wrong? */
export function isOwn(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof WebAssembly.RuntimeError
  )
    return false;
  return error.message.length > 20 && !ofTheEngine.test(error.message);
}

/** y, and the gradients that a fixed upstream sends to the leaves: something else for each element. */
export function forwardAndBackward(forward: () => Tensor, leaves: readonly Tensor[]): Outcome {
  try {
    for (const leaf of leaves) leaf.grad = null;
    const y = forward();
    const values = y.toArray();
    const { shape } = y;
    if (y.requiresGrad) y.backward({ gradient: upstream(y) });
    return { shape, values, gradients: leaves.map((leaf) => leaf.grad?.toArray() ?? []) };
  } catch (error) {
    return { error: error as Error };
  }
}

function upstream({ shape, size, dtype }: Tensor): Tensor {
  const values = Float64Array.from({ length: size }, (_, i) => Math.sin(i + 1));
  return new Tensor(dtype === 'float64' ? values : Float32Array.from(values), shape);
}

/** Fills the pool's free blocks of small sizes with NaN: what a kernel does not write shows in its result. */
export function poison(): void {
  const blocks: Float32Array[] = [];
  for (let lines = 1; lines <= 8; lines++) for (let i = 0; i < 6; i++) blocks.push(allocate(16 * lines));
  for (let floats = 144; floats <= 4096; floats *= 1.125) {
    for (let i = 0; i < 3; i++) blocks.push(allocate(Math.floor(floats)));
  }
  for (const block of blocks) release(block.fill(Number.NaN));
}
