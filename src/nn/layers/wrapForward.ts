import type { Tensor } from '../../autograd/index.ts';
import type { Module } from '../module.ts';
import type { Then } from '../norm/core/norm.ts';

/** A module's own forward pass. `then` is for those that take it (norms). */
export type Forward = (x: Tensor, then?: Then) => Tensor;

/**
 * Runs `fn` while each of `modules` computes `around(module, its own forward)` in the place of its forward pass: to look at
 * what enters and leaves the layers inside a network, and at the gradients there.
 */
export function withForward<M extends Module, T>(
  modules: readonly M[],
  around: (module: M, forward: Forward) => Forward,
  fn: () => T,
): T {
  // A class may have its forward pass as a method, or as a property of each object.
  const own = modules
    .filter((module) => Object.hasOwn(module, 'forward'))
    .map((module) => [module, module.forward] as const);
  for (const module of modules) {
    const forward = module.forward.bind(module) as Forward;
    module.forward = around(module, forward);
  }
  try {
    return fn();
  } finally {
    // What was set on the object itself had hidden the method of its class.
    for (const module of modules) delete (module as Partial<M>).forward;
    for (const [module, forward] of own) module.forward = forward;
  }
}
