import { foldedCount } from '../../checks.ts';
import type { NDArray, ReduceOp, Shape } from '../../contract.ts';
import { input, kernelCall, result, workspace } from '../runtime/operands.ts';
import { COLUMNS, type Fold, reduceKernel, TREE } from './reduceKernels.ts';

/**
 * Reductions over any axes. Neighbouring axes that are both kept or both reduced count as one; then the last reduced one is
 * folded as [O, R, I] (reduceKernels.ts), and so on until none is left: one pass for all the patterns in use
 * (all axes, last, leading, the middle of [N, H, W, C]), more for rarities such as [N, H, W, C] over N and W.
 */
interface Group {
  length: number;
  reduced: boolean;
}

export function reduce(op: ReduceOp, x: NDArray, axes: readonly number[]): NDArray {
  const shape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const folded = foldedCount(op, x, axes);
  return kernelCall(() => {
    const y = result(shape);
    if (y.data.length === 0) return y;
    const groups = groupAxes(x.shape, axes);
    const fold = op === 'mean' ? 'sum' : op;
    let from = input(x.data);
    if (lastReduced(groups) < 0) groups.push({ length: 1, reduced: true }); // nothing to fold: a copy
    let last = lastReduced(groups);
    while (last >= 0) {
      const before = groups.slice(0, last);
      const after = groups.slice(last + 1);
      const outer = product(before);
      const inner = product(after);
      const rest = [...before, ...after];
      const next = lastReduced(rest);
      const to = next < 0 ? y.data : workspace(outer * inner);
      const scale = next < 0 && op === 'mean' ? 1 / folded : 1;
      foldMiddle(fold, from, to.byteOffset, outer, groups[last].length, inner, scale);
      from = to.byteOffset;
      groups.splice(0, groups.length, ...rest);
      last = next;
    }
    return y;
  });
}

const product = (groups: readonly Group[]): number => groups.reduce((size, { length }) => size * length, 1);

function lastReduced(groups: readonly Group[]): number {
  let last = groups.length - 1;
  while (last >= 0 && !groups[last].reduced) last--;
  return last;
}

function groupAxes(shape: Shape, axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const reduced = axes.includes(axis);
    const last = groups[groups.length - 1];
    if (last?.reduced === reduced) last.length *= length;
    else groups.push({ length, reduced });
  });
  return groups;
}

/** Numbers to a chunk of a long fold, and to a part: about 10 us. */
const CHUNK = 32768;

/** y [O, I] = scale times the fold of x [O, R, I] over R. */
function foldMiddle(
  fold: Fold,
  x: number,
  y: number,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  if (inner === 1) foldRows(fold, x, y, outer, length, scale);
  else foldColumns(fold, x, y, outer, length, inner, scale);
}

function foldRows(fold: Fold, x: number, y: number, outer: number, length: number, scale: number): void {
  const kernel = reduceKernel(fold);
  const chunks = Math.max(1, Math.ceil(length / CHUNK));
  const grain = Math.ceil(CHUNK / Math.min(CHUNK, length + 8));
  if (chunks === 1) {
    kernel.range('rowsDirect', outer, grain, x, y, length, CHUNK, 1, scale);
    return;
  }
  const partials = workspace(outer * chunks * 2).byteOffset;
  kernel.range('rows', outer * chunks, 1, x, partials, length, CHUNK, chunks, scale);
  kernel.range('finishRows', outer, CHUNK, partials, y, chunks, scale);
}

function foldColumns(
  fold: Fold,
  x: number,
  y: number,
  outer: number,
  rows: number,
  columns: number,
  scale: number,
): void {
  const kernel = reduceKernel(fold);
  const padded = Math.ceil(columns / 4) * 4;
  const blocks = Math.ceil(columns / COLUMNS);
  const width = Math.min(padded, COLUMNS);
  const chunk = Math.max(TREE, Math.floor(CHUNK / width / TREE) * TREE);
  const chunks = Math.max(1, Math.ceil(rows / chunk));
  const partials = workspace(outer * chunks * padded * 2).byteOffset;
  const grain = Math.ceil(CHUNK / ((Math.min(chunk, rows) + 4) * width));
  const items = outer * chunks * blocks;
  kernel.range('columns', items, grain, x, partials, rows, columns, padded, chunk, chunks, blocks);
  const vectors = (outer * padded) / 4;
  const finishGrain = Math.ceil(CHUNK / 4 / chunks);
  kernel.range('finish', vectors, finishGrain, partials, y, chunks, columns, padded, scale);
}
