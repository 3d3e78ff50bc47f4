import type { FunctionBuilder, I32, Var } from '../builder/index.ts';
import { workspace } from '../runtime/operands.ts';
import { type Job, threadCount } from '../runtime/threads.ts';
import type { Placed, Reader } from '../templates/parameters.ts';
import type { Mask } from './mask.ts';

/**
 * What a norm kernel is told at every call: addresses, flags and options, in the block of its plan, which all its functions
 * read, on whatever thread. Rows and columns add what follows from the view (rows/task.ts, columns/task.ts). Addresses and
 * lengths are bytes unless a name says otherwise.
 */
const SETS = [
  'x',
  'y',
  'gamma',
  'mean', // float64 [n, g]
  'variance', // float64 [n, g]
  // Scratch:
  'sums', // partial sums
  'tables', // coefficients for each column
  'own', // of each thread
] as const;

export const FORWARD = [
  ...SETS,
  'residual', // 0: none
  'beta',
  'given', // 1: mean and variance are inputs
  'relu',
] as const;

export const BACKWARD = [
  ...SETS,
  'dy',
  'd', // dy behind the relu, where it is wanted; else 0
  'dx', // 0: not asked for
  'dgamma', // scratch where it is not asked for; so is dbeta
  'dbeta',
  'gradients', // scratch: float64 partial (dgamma, dbeta) of each feature
  'wanted', // 1: dgamma or dbeta is asked for
  'reduces', // 1: sums are needed
  'count', // values in a set, m
] as const;

const OPTIONS = [
  'epsInside', // 1 / (sqrt(v + epsInside) + epsOutside), one of the two is 0
  'epsOutside',
  'perCount', // 1 / m
  'perDegree', // 1 / (m - ddof)
] as const;

/** center: 1, or 0 for mu = 0. */
export const FORWARD_OPTIONS = [...OPTIONS, 'center'] as const;
/** 1 or 0 */
export const BACKWARD_OPTIONS = [...OPTIONS, 'throughMean', 'throughVariance'] as const;

type ForwardValue = (typeof FORWARD)[number] | (typeof FORWARD_OPTIONS)[number];
type BackwardValue = (typeof BACKWARD)[number] | (typeof BACKWARD_OPTIONS)[number];

/** How a pass over one view is computed; it follows from the view alone. */
export interface ForwardPlan {
  readonly block: Placed<ForwardValue>;
  readonly room: Room;
  /** `given`: the statistics are. */
  jobs(given: boolean): Job[];
}

export interface BackwardPlan {
  readonly block: Placed<BackwardValue>;
  readonly room: Room;
  jobs(work: BackwardWork): Job[];
}

interface BackwardWork {
  mask: Mask;
  reduces: boolean;
  wanted: boolean;
  dx: boolean;
  /** The address of the partial sums. */
  gradients: number;
}

/** The scratch memory of a call, in bytes; `own` of each thread. Multiples of a cache line, but for the last one. */
interface Room {
  sums: number;
  tables: number;
  own: number;
  gradients: number;
}

/** One block for all of it. */
export function takeRoom({ sums, tables, own, gradients }: Room): Room {
  const threads = threadCount() * own;
  const start = workspace((sums + tables + threads + gradients) / 4).byteOffset;
  const afterTables = start + sums + tables;
  return { sums: start, tables: start + sums, own: afterTables, gradients: afterTables + threads };
}

/** Bytes in whole cache lines. */
export const wholeLines = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** The scratch memory that this thread has for itself. */
export function ownRoom(f: FunctionBuilder, { word }: Reader<'own' | 'ownBytes'>): Var<I32> {
  return f.let(word('own').plus(f.thread.times(word('ownBytes'))));
}
