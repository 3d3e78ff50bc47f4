import type { Numbers, Shape } from '../kernels/contract.ts';
import type { Module } from '../nn/module.ts';

/** A place of a model that one tensor of a file is written from and read into. */
export interface Slot {
  /** Whose it is. */
  owner: Module;
  /** As the file has it. */
  shape: Shape;
  /** How the file has its numbers, where that is not as the model has them. */
  as?: 'I64';
  /** A file may lack it: a counter that was not kept. */
  optional?: boolean;
  /** The model's numbers, in the file's layout. */
  read(): Numbers;
  /** Sets the model to the file's. */
  write(numbers: Numbers): void;
  /** What makes numbers of the right shape unusable, in words. */
  refuses?(numbers: Numbers): string | undefined;
}

/** Every place by its name in the file, in the model's order. */
export type Slots = Map<string, Slot>;

/** Under this library's own names and in its own layouts: `layers.0.weight` [in, out]. */
export function ownSlots(model: Module): Slots {
  const modules = model.namedModules();
  return new Map(
    [...model.namedTensors()].map(([name, tensor]) => [
      name,
      {
        owner: ownerOf(name, modules),
        shape: tensor.shape,
        read: () => tensor.data.slice(),
        write: (numbers) => tensor.set(numbers),
      },
    ]),
  );
}

/** The innermost module that a tensor's name goes through. */
function ownerOf(name: string, modules: ReadonlyMap<string, Module>): Module {
  const parts = name.split('.');
  for (let count = parts.length - 1; count > 0; count--) {
    const module = modules.get(parts.slice(0, count).join('.'));
    if (module) return module;
  }
  return modules.get('')!;
}
