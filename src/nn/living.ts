import type { Module } from './module.ts';

/** All modules that are in use, so that an optimizer can ask who holds a tensor. Nobody is kept alive by being listed. */
const refs = new Set<WeakRef<Module>>();
const gone = new FinalizationRegistry<WeakRef<Module>>((ref) => refs.delete(ref));

/** A module has been made. */
export function noteModule(module: Module): void {
  const ref = new WeakRef(module);
  refs.add(ref);
  gone.register(module, ref);
}

export function livingModules(): Module[] {
  return [...refs].flatMap((ref) => ref.deref() ?? []);
}
