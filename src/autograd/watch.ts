import type { Tensor } from './tensor.ts';

/** An operation as it was just computed: its name, its result, its inputs. */
type Watcher = (name: string, y: Tensor, inputs: readonly (Tensor | null)[]) => void;

let watcher: Watcher | null = null;

/** Tells `watch` of every operation that `fn` computes, on the graph or off it: to see how numbers travel through a network. */
export function watching<T>(watch: Watcher, fn: () => T): T {
  const before = watcher;
  watcher = watch;
  try {
    return fn();
  } finally {
    watcher = before;
  }
}

/** For `record`. */
export function noteOperation(name: string, y: Tensor, inputs: readonly (Tensor | null)[]): void {
  watcher?.(name, y, inputs);
}
