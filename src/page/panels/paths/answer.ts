import { findNorm } from '../../../nn/norm/createNorm.ts';
import { explainNorm } from '../../../teach/explain.ts';
import type { Explanation } from '../../../teach/explanation.ts';
import type { PathsState } from './fields.ts';

/** What `explain` prints for these numbers. */
export function pathsAnswer({ norm, x, dy, gamma, mode, detach }: PathsState): Explanation {
  return explainNorm(findNorm(norm), { x: [x], g: [dy], gamma, mode, detach });
}
