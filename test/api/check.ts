import { Tensor, zeroGrad } from '../../src/autograd/index.ts';
import type { Numbers } from '../../src/kernels/contract.ts';
import { kernelMemory } from '../../src/kernels/wasm/runtime/memory.ts';
import { wasm } from '../../src/kernels/wasm/wasm.ts';
import { type Call, runCall } from './fuzz.ts';
import { forwardAndBackward, isOwn, type Outcome, onBoth, poison, releaseLasting } from './outcome.ts';
import type { Workbench } from './recipe.ts';

/** What a random call must hold: the library's own errors, the same on both sets of kernels, and nothing written beside the result. */
export function checkCall(call: Call): 'result' | 'error' {
  const { wasm: fast, reference: plain } = onBoth(() => outcome(call));
  for (const [name, result] of [
    ['wasm', fast],
    ['reference', plain],
  ] as const) {
    if ('error' in result && !isOwn(result.error)) {
      throw new Error(`${name}: not an error of the library: ${result.error}`, { cause: result.error });
    }
  }
  if ('error' in fast || 'error' in plain) {
    if (!('error' in fast && 'error' in plain)) {
      const [one] = [fast, plain].flatMap((each) => ('error' in each ? [each.error.message] : []));
      throw new Error(`one set of kernels throws, the other does not: ${one}`);
    }
    return 'error';
  }
  if (fast.shape.join() !== plain.shape.join())
    throw new Error(`shapes [${fast.shape}] and [${plain.shape}]`);
  compare('y', fast.values, plain.values);
  if (fast.gradients.length !== plain.gradients.length) throw new Error('different leaves');
  for (const [i, gradient] of fast.gradients.entries())
    compare(`gradient ${i}`, gradient, plain.gradients[i]);
  return 'result';
}

function outcome(call: Call): Outcome {
  const bench: Workbench = { leaves: [], parameters: [] };
  poison();
  let before: number[][] = [];
  let result: Outcome = forwardAndBackward(() => {
    const y = runCall(call, bench);
    if (!(y instanceof Tensor)) throw new TypeError(`no tensor came of it: ${y}`);
    before = bench.leaves.map((leaf) => leaf.toArray());
    return y;
  }, bench.leaves);
  if (!('error' in result)) {
    result.gradients = bench.leaves.map(({ grad }) => grad?.toArray() ?? []);
    for (const [i, leaf] of bench.leaves.entries()) {
      const same = leaf.toArray().every((value, at) => Object.is(value, before[i][at]));
      if (!same) result = { error: new TypeError(`the backward pass wrote into input ${i}`) };
    }
  }
  for (const leaf of new Set([...bench.leaves, ...bench.parameters])) zeroGrad(leaf);
  releaseLasting();
  return result;
}

/** Equal to float32 rounding, relative to the largest; NaN and infinities in the same places. */
function compare(what: string, fast: readonly number[], plain: readonly number[]): void {
  if (fast.length !== plain.length) throw new Error(`${what}: ${fast.length} and ${plain.length} values`);
  const scale = plain.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  plain.forEach((value, i) => {
    const other = fast[i];
    if (Object.is(value, other) || value === other) return;
    if (Math.abs(value - other) <= 1e-4 * scale + 1e-5) return; // the latter where large terms cancel: xHat of two values
    if (Math.abs(value) > 1e37 && Math.abs(other) > 1e37) return; // on both sides of the overflow
    throw new Error(`${what}[${i}]: wasm ${other}, reference ${value}`);
  });
}

/** Parameters of many sizes all over the pool, with known numbers: whoever writes past its result meets one. */
export function canaries(): { check: () => void; release: () => void } {
  const blocks: Numbers[] = [];
  for (const floats of [1, 4, 16, 17, 32, 48, 64, 100, 128, 256, 500, 1000, 2000]) {
    for (let i = 0; i < 3; i++) blocks.push(wasm.lasting(new Float32Array(floats).fill(0.125)));
  }
  return {
    check() {
      for (const block of blocks) {
        for (let i = 0; i < block.length; i++) {
          if (block[i] !== 0.125)
            throw new Error(`memory of another tensor was written to: ${block[i]} at ${i}`);
        }
      }
    },
    release() {
      for (const block of blocks) wasm.release(block);
    },
  };
}

/** Bytes of the pool that are in use. */
export const pooledBytes = (): number => kernelMemory().pool.statistics().inUse;
