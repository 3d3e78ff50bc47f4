import { findNorm } from '../../../nn/norm/createNorm.ts';
import { removedBy } from '../../../teach/comparison.ts';
import { surprises } from '../../../teach/explain.ts';
import { blockOrder, numericJacobian, rank, reachOf, setOf } from '../../../teach/jacobian.ts';
import { standardizationOf } from '../../../teach/paths.ts';
import type { Request } from '../../../teach/request.ts';
import { createSubject, gradients } from '../../../teach/subject.ts';

/** All that one norm does to a small tensor: choosing another output asks nothing more. Matrices are row by row. */
export interface SetsAnswer {
  size: number;
  /** dy_i/dx_j: row i is dx by the engine's backward where dy is 1 at i and 0 elsewhere. */
  backward: Float64Array;
  /** 1 where j shares statistics with i. */
  members: Uint8Array;
  /** The sets are those of one standardization; else they are what the differences say that y_i depends on. */
  standard: { sets: number; centred: boolean; m: number } | null;
  /** The elements in the order of the heat map. */
  order: number[];
  /** The value of a full colour: the largest entry, or a tenth of 1/σ where all entries are of the size of ε. */
  unit: number;
  rank: number;
  removes: string;
  reach: string[];
  /** Of each row: how far differences of the forward pass are from the backward. */
  differences: Float64Array;
  notes: string[];
}

export function setsAnswer({ norm, request }: { norm: string; request: Request }): SetsAnswer {
  const entry = findNorm(norm);
  const subject = createSubject(entry, request);
  const { x, upstream, forward } = subject;
  const size = x.size;
  const paths = standardizationOf(subject);
  const numeric = numericJacobian(x, forward);
  const backward = new Float64Array(size * size);
  const members = new Uint8Array(size * size);
  const differences = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    upstream.data.fill(0);
    upstream.data[i] = 1;
    const { dx } = gradients(subject);
    backward.set(dx, i * size);
    members.set(setOf(i, numeric, paths).map(Number), i * size);
    differences[i] = Math.max(...dx.map((value, j) => Math.abs(value - numeric[i][j])));
  }
  const left = rank(numeric, paths);
  return {
    size,
    backward,
    members,
    standard: paths && { sets: paths.sets.length, centred: paths.centred, m: paths.m },
    order: blockOrder(x.shape),
    unit:
      Math.max(...numeric.flat().map(Math.abs), ...(paths?.sets.map(({ sigma }) => 0.1 / sigma) ?? [])) || 1,
    rank: left,
    removes: left === 0 ? 'everything' : removedBy(entry, numeric, x, subject.options.groups ?? 1),
    reach: reachOf(numeric, x.shape, entry.kind === 'weight'),
    differences,
    notes: [...subject.notes, ...surprises(subject, paths)],
  };
}
