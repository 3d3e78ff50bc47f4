import type { Module } from './module.ts';

/** The running statistics as they are now; the function that is returned puts them back: for a look that must change nothing. */
export function rememberBuffers(model: Module): () => void {
  const buffers = [...model.namedBuffers().values()].map((tensor) => ({ tensor, data: tensor.data.slice() }));
  return () => {
    for (const { tensor, data } of buffers) tensor.set(data);
  };
}
