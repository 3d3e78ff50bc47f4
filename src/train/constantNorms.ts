import { noGrad, type Tensor, wrap, zeros } from '../autograd/index.ts';
import type { Shape } from '../kernels/contract.ts';
import { rememberBuffers } from '../nn/buffers.ts';
import type { Module } from '../nn/module.ts';
import { Norm, type Then } from '../nn/norm/core/norm.ts';
import { createRandom, type Random } from '../random.ts';

/**
 * Norms that tell nothing of their input because each of their sets holds one value: a centring norm puts out beta then, and
 * one that divides by the root mean square keeps a sign. No gradient gets through, and the network learns what the layers behind
 * them can make of a constant.
 */
export interface ConstantNorm {
  /** `InstanceNorm`. */
  layer: string;
  /** Of what it is given, for one image. */
  shape: Shape;
  keeps: 'nothing' | 'the sign';
  /** How many layers of this kind and shape. */
  count: number;
}

/** A line for people about each; none where all norms do their work. */
export function constantNormWarnings(model: Module, imageShape: Shape): string[] {
  return constantNorms(model, imageShape).map(({ layer, shape, keeps, count }) => {
    const output =
      keeps === 'nothing' ? 'its output is beta, whatever x is' : 'its output is the sign of x times gamma';
    const layers = count > 1 ? ` (${count} layers)` : '';
    return (
      `${layer} on [${['N', ...shape.slice(1)].join(', ')}]${layers} sees one value per set: ${output}, and no gradient gets through. ` +
      'Choose a norm or groups whose sets hold more.'
    );
  });
}

/** Found by trying: each norm of the network, in evaluation, on two inputs of the shape that one image gives it. */
export function constantNorms(model: Module, imageShape: Shape): ConstantNorm[] {
  const restore = rememberBuffers(model);
  const modules = [...model.namedModules().values()];
  const modes = modules.map(({ training }) => training);
  model.eval();
  try {
    return noGrad(() => {
      const found = new Map<string, ConstantNorm>();
      const random = createRandom('constant norms');
      for (const [norm, { shape, relu }] of shapesOfNorms(model, imageShape)) {
        const keeps = whatIsKept(norm, shape, relu, random);
        if (keeps === 'all') continue;
        const layer = norm.constructor.name;
        const key = `${layer} ${shape.join()} ${keeps}`;
        const count = (found.get(key)?.count ?? 0) + 1;
        found.set(key, { layer, shape, keeps, count });
      }
      return [...found.values()];
    });
  } finally {
    restore();
    modules.forEach((module, i) => {
      module.training = modes[i];
    });
  }
}

interface Use {
  shape: Shape;
  relu: boolean;
}

/** What every norm is given when one image goes through the network. */
function shapesOfNorms(model: Module, imageShape: Shape): Map<Norm, Use> {
  const uses = new Map<Norm, Use>();
  const norms = [...model.namedModules().values()].filter((module) => module instanceof Norm);
  for (const norm of norms) {
    const forward = norm.forward;
    norm.forward = (x: Tensor, then: Then = {}) => {
      uses.set(norm, { shape: x.shape, relu: then.relu === true });
      return forward.call(norm, x, then);
    };
  }
  try {
    model.forward(zeros([1, ...imageShape]));
  } finally {
    for (const norm of norms) delete (norm as Partial<Norm>).forward;
  }
  return uses;
}

/** Two inputs of one sign that give the same y: the norm sees no size. Another sign, and still: it sees nothing. */
function whatIsKept(norm: Norm, shape: Shape, relu: boolean, random: Random): ConstantNorm['keeps'] | 'all' {
  // A gamma that begins at 0 hides all, and says nothing of the sets
  if (
    norm
      .namedParameters()
      .get('gamma')
      ?.data.every((value) => value === 0)
  )
    return 'all';
  const size = shape.reduce((product, length) => product * length, 1);
  const output = (sign: number) => {
    const x = Float32Array.from({ length: size }, () => sign * (0.5 + random.uniform()));
    return norm.forward(wrap(x, shape), { relu: norm.activates && relu }).toArray();
  };
  const same = (a: readonly number[], b: readonly number[]) =>
    a.every((value, i) => Math.abs(value - b[i]) <= 1e-3 * Math.max(Math.abs(value), Math.abs(b[i])));
  const y = output(1);
  if (!same(y, output(1))) return 'all';
  return same(y, output(-1)) ? 'nothing' : 'the sign';
}
