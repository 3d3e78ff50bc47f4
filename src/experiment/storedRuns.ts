import * as v from 'valibot';
import { toJson } from '../json.ts';
import { anyNumber, wholeNumber } from '../storedFile.node.ts';
import { probeLineSchema, scoreSchema } from '../train/metrics.ts';
import { runStatuses } from '../train/result.ts';
import type { RunRecord } from './results.ts';

/** How runs lie in results/NAME.json, ours, and NAME.pytorch.json, PyTorch's. */

/** The end of the name of a file with PyTorch's runs. */
export const IN_TORCH = '.pytorch.json';

export const runRecordSchema: v.GenericSchema<unknown, RunRecord> = v.object({
  run: v.string(),
  point: v.record(v.string(), v.union([v.string(), v.number()], 'must be a name or a number')),
  seed: v.number(),
  norm: v.string(),
  status: v.picklist([...runStatuses, 'failed']),
  train: v.nullable(scoreSchema),
  test: v.nullable(scoreSchema),
  epochs: v.array(v.object({ epoch: wholeNumber, train: scoreSchema, test: scoreSchema })),
  steps: v.optional(v.array(v.object({ step: wholeNumber, train: scoreSchema }))),
  probes: v.optional(v.array(probeLineSchema)),
  seconds: anyNumber,
  digest: v.string(),
});

/** One line per claim and per run, so that a difference between two results shows which it is in. */
export function storedJson({
  claims,
  runs,
  ...rest
}: {
  claims?: readonly unknown[];
  runs: readonly unknown[];
}): string {
  const head = toJson(rest, 2).replace(/\n\}$/, '');
  const lines = (name: string, values: readonly unknown[]) =>
    `  "${name}": [\n${values.map((value) => `    ${toJson(value)}`).join(',\n')}\n  ]`;
  return `${[head, ...(claims ? [lines('claims', claims)] : []), lines('runs', runs)].join(',\n')}\n}\n`;
}

/** Numbers with six significant digits: more than any figure shows. */
export function rounded<T>(value: T): T {
  const of = (each: unknown): unknown => {
    if (typeof each === 'number') return Number.isFinite(each) ? Number(each.toPrecision(6)) : each;
    if (Array.isArray(each)) return each.map(of);
    if (each === null || typeof each !== 'object') return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, of(inner)]));
  };
  return of(value) as T;
}

/** What was measured, rounded; the point and the seed tell the run from others. */
export function roundedRun({ point, seed, ...measured }: RunRecord): RunRecord {
  const { run, ...rest } = rounded(measured);
  return { run, point, seed, ...rest };
}
