import type { DType } from '../autograd/index.ts';
import { optimizerNames } from '../optim/index.ts';
import type { Comparison, Difference } from './compare.ts';
import { type GoldenCase, readGoldenFile } from './goldenFile.ts';
import { layerTypes } from './layers.ts';
import { runOperation } from './operation.ts';
import { coreOps } from './ops/core.ts';
import type { GoldenOp } from './ops/goldenOp.ts';
import { normOps } from './ops/norms.ts';
import { runOptimizer } from './optimizer.ts';
import { runTraining } from './training.ts';

export interface VerifyOptions {
  /** Names the file in errors. */
  file?: string;
  /** Default: both. */
  dtypes?: readonly DType[];
  /** How this engine computes an operation; default: all that it knows. */
  ops?: Readonly<Record<string, GoldenOp>>;
}

/** One case in one precision. */
interface VerifyRun {
  dtype: DType;
  tolerance: number;
  /** Error relative to the largest value of its tensor; null where the run broke off, or all tensors are empty. */
  worst: Difference | null;
  passed: boolean;
  /** Why the run broke off. */
  message: string | null;
}

export interface VerifyCase {
  name: string;
  op: string;
  status: 'passed' | 'failed' | 'not covered';
  /** One for each precision; none where the case is not covered. */
  runs: VerifyRun[];
  /** What this engine lacks for a case that is not covered. */
  lacks: string[];
}

export interface VerifyReport {
  family: string;
  source: string;
  cases: VerifyCase[];
  passed: number;
  failed: number;
  notCovered: number;
}

/** How far this engine may be from PyTorch's float64 numbers. A training run amplifies float32's rounding. */
const tolerances = {
  float64: { case: 1e-9, training: 1e-9 },
  float32: { case: 1e-4, training: 1e-3 },
} as const;

/** Looked up when it is needed: a norm may be registered at any time. */
const goldenOps = (): Readonly<Record<string, GoldenOp>> => ({ ...coreOps, ...normOps() });

/**
 * Compares this engine with a golden file, case by case; `content` is its text, or the parsed JSON. A case that this
 * engine has no operation for is not covered: counted and named, never passed. A case that throws fails with the message,
 * and the others go on. Throws GoldenFileError for a file that cannot be read.
 */
export function verifyFile(content: unknown, options: VerifyOptions = {}): VerifyReport {
  const { dtypes = ['float64', 'float32'], ops = goldenOps() } = options;
  const { family, source, cases } = readGoldenFile(content, options.file);
  const results = cases.map((golden) => verifyCase(golden, dtypes, ops));
  const count = (status: VerifyCase['status']) => results.filter((result) => result.status === status).length;
  return {
    family,
    source,
    cases: results,
    passed: count('passed'),
    failed: count('failed'),
    notCovered: count('not covered'),
  };
}

function verifyCase(
  golden: GoldenCase,
  dtypes: readonly DType[],
  ops: Readonly<Record<string, GoldenOp>>,
): VerifyCase {
  const { name, op } = golden;
  const lacks = missing(golden, ops);
  if (lacks.length > 0) return { name, op, status: 'not covered', runs: [], lacks };
  const runs = dtypes.map((dtype) => {
    const tolerance = tolerances[dtype]['layers' in golden ? 'training' : 'case'];
    try {
      const { worst, compared } = compare(golden, ops, dtype);
      if (compared === 0) throw new Error('the case has no tensors to compare');
      const passed = worst === null || worst.error <= tolerance; // empty tensors of the right shape agree
      return { dtype, tolerance, worst, passed, message: null };
    } catch (error) {
      return { dtype, tolerance, worst: null, passed: false, message: (error as Error).message };
    }
  });
  return { name, op, status: runs.every((run) => run.passed) ? 'passed' : 'failed', runs, lacks };
}

/** The operations, layers or optimizers of a case that this engine does not have. */
function missing(golden: GoldenCase, ops: Readonly<Record<string, GoldenOp>>): string[] {
  const unknown = (names: readonly string[], known: readonly string[]) =>
    [...new Set(names)].filter((name) => !known.includes(name));
  if (!('layers' in golden)) {
    return unknown([golden.op], 'gradSequence' in golden ? optimizerNames : Object.keys(ops));
  }
  const types = golden.layers.map(({ type }) => type);
  return [...unknown(types, layerTypes), ...unknown([golden.optimizer.type], optimizerNames)];
}

function compare(golden: GoldenCase, ops: Readonly<Record<string, GoldenOp>>, dtype: DType): Comparison {
  if ('layers' in golden) return runTraining(golden, dtype);
  if ('gradSequence' in golden) return runOptimizer(golden, dtype);
  return runOperation(golden, ops[golden.op], dtype);
}
