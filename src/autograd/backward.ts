import { kernels } from '../kernels/active.ts';
import type { NDArray, Numbers, Shape } from '../kernels/kernels.ts';
import type { GraphNode } from './graph.ts';
import { scratch, spendStep } from './lifetime.ts';
import { Tensor } from './tensor.ts';

/**
 * Reverse mode: visits every operation that `root` depends on once, newest first, and turns the gradient of its result into
 * gradients of its inputs. Leaves collect theirs in `.grad`. No recursion, so graphs of any depth work.
 */
export function backward(root: Tensor, options: { gradient?: NDArray; retainGraph?: boolean }): void {
  const pass = new Pass();
  pass.give(root, upstream(root, options.gradient));
  const results = resultsNewestFirst(root);
  for (const y of results) {
    const dy = pass.take(y);
    const node = y.node as GraphNode;
    if (node.backward === null) {
      throw new Error(
        `backward(): the graph behind ${node.name} [${y.shape.join(', ')}] was used up by an earlier backward(). ` +
          'Run the forward pass again, or pass { retainGraph: true } to the earlier call.',
      );
    }
    const gradients = pass.run(node, dy);
    for (let i = 0; i < gradients.length; i++) {
      const gradient = gradients[i];
      if (gradient === null) continue;
      pass.give(node.inputs[i] as Tensor, gradient);
      pass.drop(gradient.data);
    }
    pass.drop(dy.data);
  }
  if (options.retainGraph) return;
  for (const y of results) if (y.node) y.node.backward = null;
  spendStep();
}

/** Clears a leaf's gradient; its memory goes back to the pool. */
export function zeroGrad(leaf: Tensor): void {
  const { grad } = leaf;
  if (grad === null) return;
  leaf.grad = null;
  const owner = kernels(grad);
  if (owner.owns(grad.data)) owner.release(grad.data);
  grad.reclaim('this gradient was cleared by zeroGrad(). Keep a copy with .clone() before clearing.');
}

/**
 * The gradients on their way. An array may be the gradient of several tensors at once (both inputs of an addition), so
 * arrays count their holders; pooled ones are given back when the last holder drops them.
 */
class Pass {
  #gradients = new Map<Tensor, NDArray>();
  #holders = new Map<Numbers, number>();
  /** Arrays that this pass has to give back. */
  #pooled = new Set<Numbers>();
  /** Arrays that this pass made by adding. With one holder, more can be added in place. */
  #sums = new Set<Numbers>();

  /** Evaluates a node's rule for the inputs that need a gradient; null for the others. The caller drops each. */
  run(node: GraphNode, dy: NDArray): (NDArray | null)[] {
    const needs = node.inputs.map((x) => x?.requiresGrad ?? false);
    const rule = node.backward as NonNullable<GraphNode['backward']>;
    const { result, owned } = scratch(
      () => {
        const gradients = rule(new Tensor(dy.data, dy.shape), needs);
        return node.inputs.map((x, i) =>
          needs[i] ? unbroadcast(gradients[i], x as Tensor, node.name) : null,
        );
      },
      (gradients) => new Set(gradients.filter((g) => g !== null).map((g) => g.data)),
    );
    for (const data of owned) this.#pooled.add(data);
    for (const gradient of result) if (gradient !== null) this.#hold(gradient.data);
    return result;
  }

  give(x: Tensor, gradient: NDArray): void {
    if (x.node === null) this.#collect(x, gradient);
    else this.#accumulate(x, gradient);
  }

  /** The whole gradient of x, which the caller drops when done. */
  take(x: Tensor): NDArray {
    const gradient = this.#gradients.get(x) as NDArray;
    this.#gradients.delete(x);
    return gradient;
  }

  /** One holder fewer. */
  drop(data: Numbers): void {
    const holders = (this.#holders.get(data) ?? 0) - 1;
    if (holders > 0) {
      this.#holders.set(data, holders);
      return;
    }
    this.#holders.delete(data);
    this.#sums.delete(data);
    if (this.#pooled.delete(data)) kernels({ data }).release(data);
  }

  #hold(data: Numbers): void {
    this.#holders.set(data, (this.#holders.get(data) ?? 0) + 1);
  }

  #accumulate(x: Tensor, gradient: NDArray): void {
    const before = this.#gradients.get(x);
    if (before === undefined) {
      this.#hold(gradient.data);
      this.#gradients.set(x, { shape: x.shape, data: gradient.data });
      return;
    }
    if (this.#sums.has(before.data) && this.#holders.get(before.data) === 1) {
      kernels(before).addInto(before.data, gradient.data);
      return;
    }
    const { result: sum, owned } = scratch(
      () => kernels(before).binary('add', before, { shape: x.shape, data: gradient.data }),
      (y) => [y.data],
    );
    for (const data of owned) this.#pooled.add(data);
    this.#hold(sum.data);
    this.#sums.add(sum.data);
    this.#gradients.set(x, sum);
    this.drop(before.data);
  }

  /** Adds to the leaf's `.grad`, which never shares its numbers with anything else. */
  #collect(leaf: Tensor, gradient: NDArray): void {
    const { data } = gradient;
    if (leaf.grad !== null) {
      kernels(leaf).addInto(leaf.grad.data, data);
    } else if (leaf.lasting && this.#holders.get(data) === 1 && this.#pooled.delete(data)) {
      leaf.grad = new Tensor(data, leaf.shape); // nobody else holds it: the leaf takes it over
    } else {
      leaf.grad = new Tensor(leaf.lasting ? kernels(leaf).lasting(data) : data.slice(), leaf.shape);
    }
  }
}

function upstream(root: Tensor, gradient: NDArray | undefined): NDArray {
  const described = () => `[${root.shape.join(', ')}]`;
  if (!root.requiresGrad) {
    throw new Error(
      `backward(): this tensor ${described()} depends on nothing that requires a gradient (or was computed inside noGrad, or is ` +
        'itself a gradient: gradients of gradients are not supported). Set requiresGrad on the inputs before the forward pass.',
    );
  }
  if (gradient === undefined) {
    if (root.size !== 1) {
      throw new Error(
        `backward(): the gradient of a tensor ${described()} is not a single number. Reduce it to a loss first (sum, mean), or ` +
          'pass { gradient } of that shape.',
      );
    }
    return { shape: root.shape, data: root.dtype === 'float64' ? Float64Array.of(1) : Float32Array.of(1) };
  }
  if (!sameShape(gradient.shape, root.shape)) {
    throw new Error(
      `backward({ gradient }): expected shape ${described()}, got [${gradient.shape.join(', ')}].`,
    );
  }
  return gradient;
}

/** Every result on the graph behind `root`, newest first: each before everything that it was computed from. */
function resultsNewestFirst(root: Tensor): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [root];
  while (stack.length > 0) {
    const y = stack.pop() as Tensor;
    if (y.node === null || seen.has(y)) continue;
    seen.add(y);
    for (const x of y.node.inputs) if (x?.requiresGrad) stack.push(x);
  }
  return [...seen].sort((a, b) => (b.node as GraphNode).id - (a.node as GraphNode).id);
}

/** Evaluates a rule's gradient and undoes broadcasting: sums over the axes along which the input was repeated. */
function unbroadcast(gradient: NDArray | (() => NDArray) | null, x: Tensor, name: string): NDArray {
  const dx = typeof gradient === 'function' ? gradient() : gradient;
  if (dx === null) throw new Error(`${name}: the backward rule gave no gradient for an input that needs one`);
  // The array alone: a rule that uses tensor operations gives a tensor, which ends with the rule
  if (sameShape(dx.shape, x.shape)) return { shape: x.shape, data: dx.data };
  const extra = dx.shape.length - x.shape.length;
  const repeated = dx.shape.flatMap((length, i) =>
    i < extra || (x.shape[i - extra] === 1 && length > 1) ? [i] : [],
  );
  const kept = dx.shape.slice(extra).map((length, i) => (repeated.includes(i + extra) ? 1 : length));
  if (extra < 0 || !sameShape(kept, x.shape)) {
    throw new Error(
      `${name}: the backward rule gave a gradient [${dx.shape.join(', ')}] for an input [${x.shape.join(', ')}]`,
    );
  }
  return { shape: x.shape, data: kernels(dx).reduce('sum', dx, repeated).data };
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}
