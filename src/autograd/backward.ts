import { kernels } from '../kernels/active.ts';
import type { NDArray, Numbers, Shape } from '../kernels/contract.ts';
import { checkOptions } from '../options.ts';
import { drop, type Flow, flowOf, keepPooled, newFlow, sumOf } from './flow.ts';
import { type Gradient, type GraphNode, needsGradient } from './graph.ts';
import { requireArray, requireTensor } from './inputs.ts';
import { resultsOfStep, scratch, spendStep } from './lifetime.ts';
import { forgetReached, noteReached } from './reached.ts';
import { Tensor } from './tensor.ts';
import { firstChanged, lookAway, noteWrite } from './unchanged.ts';

/**
 * Reverse mode: walks the step's tape, the list of its results in the order in which they were made, from the newest to the
 * oldest, and turns the gradient of a result into gradients of its operation's inputs. Leaves collect theirs in `.grad`. A
 * result stands after everything that it was computed from, so its gradient is complete when its turn comes; a result
 * without one is not behind `root` and is passed over. No search, no sorting, no recursion: graphs of any depth work.
 * A root whose step has ended is on no tape any more: reading its numbers says so.
 */
export function backward(root: Tensor, options: { gradient?: NDArray; retainGraph?: boolean }): void {
  checkOptions('backward()', options, ['gradient', 'retainGraph']);
  const dy = upstream(root, options.gradient);
  void root.data;
  forgetReached();
  give(root, newFlow(dy), 'backward');
  const results = resultsOfStep();
  try {
    for (let i = results.length - 1; i >= 0; i--) {
      const y = results[i];
      const { node } = y;
      if (node === null || node.gradient === null) continue;
      passOn(y, node, node.gradient);
      if (!options.retainGraph) useUp(node);
    }
  } catch (error) {
    for (const { node } of results) {
      if (node?.gradient) drop(node.gradient);
      if (node) node.gradient = null;
    }
    throw error;
  }
  if (!options.retainGraph) spendStep();
}

function useUp(node: GraphNode): void {
  node.backward = null;
  node.seen = null;
  lookAway();
}

/** From the gradient dy of an operation's result to those of its inputs. */
function passOn(y: Tensor, node: GraphNode, dy: Flow): void {
  node.gradient = null;
  const flows = scratch(() => inputGradients(y, node, dy), keepPooled);
  for (let i = 0; i < flows.length; i++) {
    const flow = flows[i];
    if (flow !== null) give(node.inputs[i] as Tensor, flow, node.name);
  }
  drop(dy);
}

/** Evaluates a node's rule for the inputs that need a gradient; null for the others. Each is held once. */
function inputGradients(y: Tensor, node: GraphNode, dy: Flow): (Flow | null)[] {
  const { name, inputs, backward: rule, seen } = node;
  if (rule === null || seen === null) {
    throw new Error(
      `backward(): the graph behind ${name} [${y.shape.join(', ')}] was used up by an earlier backward(). ` +
        'Run the forward pass again, or pass { retainGraph: true } to the earlier call.',
    );
  }
  const changed = firstChanged(seen);
  if (changed !== undefined) throw overwritten(y, node, changed);
  const gradients: readonly Gradient[] = rule(new Tensor(dy.data, y.shape), inputs.map(needsGradient));
  const flows: (Flow | null)[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    flows.push(x?.requiresGrad ? flowOf(unbroadcast(gradients[i], x, name), dy, flows) : null);
  }
  return flows;
}

function overwritten(y: Tensor, { name, inputs }: GraphNode, changed: NDArray): Error {
  const at = inputs.indexOf(changed as Tensor);
  const which = at >= 0 ? `its input ${at + 1}` : changed.data === y.data ? 'its result' : 'an array';
  return new Error(
    `backward(): the gradient of ${name} needs the numbers of ${which} [${changed.shape.join(', ')}] as they were in the ` +
      'forward pass, but they have been overwritten since: by an optimizer step, set(), loadState() or a write ' +
      'to .data. Call backward() before that, or run the forward pass again after it.',
  );
}

/** Clears a leaf's gradient; its memory goes back to the pool. */
export function zeroGrad(leaf: Tensor): void {
  requireTensor('zeroGrad', leaf);
  const { grad } = leaf;
  if (grad === null) return;
  leaf.grad = null;
  const owner = kernels(grad);
  if (owner.owns(grad.data)) owner.release(grad.data);
  grad.reclaim('this gradient was cleared by zeroGrad(). Keep a copy with .clone() before clearing.');
}

/** Hands a gradient over to x: the caller holds the flow no longer. */
function give(x: Tensor, flow: Flow, operation: string): void {
  const { node } = x;
  if (node === null) {
    noteReached(x, operation);
    collect(x, flow);
  } else node.gradient = node.gradient === null ? flow : sumOf(node.gradient, flow, x);
}

/** Adds to the leaf's `.grad`, which never shares its numbers with anything else. */
function collect(leaf: Tensor, flow: Flow): void {
  const { data } = flow;
  if (leaf.grad !== null) {
    kernels(leaf).addInto(leaf.grad.data, data);
    noteWrite(leaf.grad.data);
  } else if (leaf.lasting && flow.holders === 1 && flow.isPooled) {
    leaf.grad = new Tensor(data, leaf.shape); // nobody else holds it: the leaf takes it over
    return;
  } else {
    leaf.grad = new Tensor(leaf.lasting ? kernels(leaf).lasting(data) : data.slice(), leaf.shape);
  }
  drop(flow);
}

function upstream(root: Tensor, gradient: NDArray | undefined): Numbers {
  if (!root.requiresGrad) {
    throw new Error(
      `backward(): this tensor [${root.shape.join(', ')}] depends on nothing that requires a gradient (or was computed inside noGrad, or is ` +
        'itself a gradient: gradients of gradients are not supported). Set requiresGrad on the inputs before the forward pass.',
    );
  }
  if (gradient === undefined) {
    if (root.size !== 1) {
      throw new Error(
        `backward(): the gradient of a tensor [${root.shape.join(', ')}] is not a single number. Reduce it to a loss first (sum, mean), or ` +
          'pass { gradient } of that shape.',
      );
    }
    return root.dtype === 'float64' ? Float64Array.of(1) : Float32Array.of(1);
  }
  requireArray('backward({ gradient })', gradient, root.dtype);
  if (!sameShape(gradient.shape, root.shape)) {
    throw new Error(
      `backward({ gradient }): expected shape [${root.shape.join(', ')}], got [${gradient.shape.join(', ')}].`,
    );
  }
  return gradient.data;
}

/** Evaluates a rule's gradient and undoes broadcasting: sums over the axes along which the input was repeated. */
function unbroadcast(gradient: Gradient, x: Tensor, name: string): Numbers {
  const dx = typeof gradient === 'function' ? gradient() : gradient;
  if (dx === null || dx === undefined) {
    throw new Error(
      `${name}: the backward rule gave no gradient for an input that needs one. A rule returns a list with one gradient for each input.`,
    );
  }
  requireArray(`${name}: a gradient of the backward rule`, dx, x.dtype);
  // The array alone: a rule that uses tensor operations gives a tensor, which ends with the rule
  if (sameShape(dx.shape, x.shape)) return dx.data;
  const extra = dx.shape.length - x.shape.length;
  const repeated = dx.shape.flatMap((length, i) =>
    i < extra || (x.shape[i - extra] === 1 && length !== 1) ? [i] : [],
  );
  const kept = dx.shape.slice(extra).map((length, i) => (repeated.includes(i + extra) ? 1 : length));
  if (extra < 0 || !sameShape(kept, x.shape)) {
    throw new Error(
      `${name}: the backward rule gave a gradient [${dx.shape.join(', ')}] for an input [${x.shape.join(', ')}]`,
    );
  }
  return kernels(dx).reduce('sum', dx, repeated).data;
}

function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
