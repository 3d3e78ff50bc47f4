import type { Input } from './graph.ts';

/**
 * Evaluation outside of noGrad: each forward pass leaves a result that no operation uses, and since no backward() comes, the
 * step never ends and all of it stays in memory. Only the garbage collector knows that nobody holds such a result, and it does not
 * look into the kernels' memory, so nothing can be freed here; but it can be said. A long graph has few unused results:
 * each is the input of the next.
 */
const MANY = 1000;

let unused = 0;
let hasWarned = false;

/** A result of an operation on `inputs` goes on the graph; nothing uses it yet. */
export function noteUnused(inputs: readonly Input[]): void {
  for (let i = 0; i < inputs.length; i++) {
    const node = inputs[i]?.node;
    if (!node || node.isUsed) continue;
    node.isUsed = true;
    unused--;
  }
  if (++unused < MANY || hasWarned) return;
  hasWarned = true;
  console.warn(
    `normgrad: ${MANY} results are on the graph that no operation uses and no backward() has come for. They and all that they ` +
      'were computed from keep their memory. Evaluate inside noGrad(() => ...); it is not enough to call model.eval(). ' +
      'A loop of backward({ retainGraph: true }) needs one without retainGraph at its end. (Said once.)',
  );
}

/** A step begins. */
export function noneUnused(): void {
  unused = 0;
}
