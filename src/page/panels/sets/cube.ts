import type { NormFacts } from 'virtual:norms';
import type { Request } from '../../../teach/request.ts';
import type { SetsState } from './fields.ts';

/** The small tensor of the panel: samples and channels of small images; of a weight, filters as columns of inputs. */
export interface Cube {
  weight: boolean;
  n: number;
  h: number;
  w: number;
  c: number;
}

export function cubeOf(weight: boolean, { n, p, c, inputs, filters }: SetsState): Cube {
  if (weight) return { weight, n: 1, h: inputs, w: 1, c: filters };
  return p === 4 ? { weight, n, h: 2, w: 2, c } : { weight, n, h: 1, w: p, c };
}

/** An element by sample, row, column and channel. */
export type Cell = readonly [n: number, h: number, w: number, c: number];

/** The chosen output; where the shape has become too small for it, the last one. */
export function cellOf({ n, h, w, c }: Cube, [sample, position, channel]: readonly number[]): Cell {
  const p = Math.min(position, h * w - 1);
  return [Math.min(sample, n - 1), Math.floor(p / w), p % w, Math.min(channel, c - 1)];
}

/** Its place among all, channels last. */
export function flat({ h, w, c }: Cube, [sample, row, column, channel]: Cell): number {
  return ((sample * h + row) * w + column) * c + channel;
}

/** What the engine is asked of a norm: the same as the command says. */
export function requestFor(facts: NormFacts, state: SetsState): Omit<Request, 'at'> & { shape: number[] } {
  const { weight, n, h, w, c } = cubeOf(facts.kind === 'weight', state);
  return {
    shape: weight ? [h, c] : [n, h, w, c],
    ...(hasGroups(facts) && { groups: state.groups }),
    ...(hasGhosts(facts) && { virtualBatch: state.ghost }),
    ...(facts.detaches && state.backward === 'detached' && { detach: 'both' as const }),
  };
}

export const hasGroups = ({ sets }: NormFacts) => /\bgroup/.test(sets);
export const hasGhosts = ({ name }: NormFacts) => name === 'ghost';
