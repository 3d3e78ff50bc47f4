import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { readJson } from '../runs/files.ts';
import { runName } from '../runs/name.ts';
import { anyNumber, plainObject } from '../storedFile.node.ts';
import type { ExperimentRun } from './plan.ts';
import type { RunRecord } from './results.ts';
import type { Experiment } from './spec.ts';
import { IN_TORCH, runRecordSchema } from './storedRuns.ts';

/** The runs of an experiment that were trained in PyTorch, with what all of them were made by. */
export interface StoredTorch {
  name: string;
  torch: string;
  python: string;
  /** Whose first weights and batches they had. */
  normgrad: string;
  /** The day of the last one. */
  made: string;
  /** Of training and testing, all together. */
  minutes: number;
  runs: readonly RunRecord[];
}

const schema: v.GenericSchema<unknown, StoredTorch> = v.pipe(
  plainObject,
  v.object({
    name: v.string(),
    torch: v.string(),
    python: v.string(),
    normgrad: v.string(),
    made: v.string(),
    minutes: anyNumber,
    runs: v.array(runRecordSchema),
  }),
);

/** `NAME.pytorch.json` */
export function torchFile(folder: string, { name }: Pick<Experiment, 'name'>): string {
  return join(folder, `${name}${IN_TORCH}`);
}

/** What lies there; undefined where nothing does. */
export function readTorchFile(file: string): StoredTorch | undefined {
  return existsSync(file) ? readJson(file, schema, 'make it anew, or delete the file') : undefined;
}

/** All of a folder, by the name of the experiment. */
export function readAllTorch(folder: string): Map<string, StoredTorch> {
  const files = readdirSync(folder).filter((file) => file.endsWith(IN_TORCH));
  return new Map(
    files.map((file) => {
      const stored = readTorchFile(join(folder, file))!;
      return [stored.name, stored];
    }),
  );
}

/** The runs of a plan that stand in rows which PyTorch is asked for. */
export function torchPlan({ published = [] }: Experiment, plan: readonly ExperimentRun[]): ExperimentRun[] {
  const asked = published.filter(({ pytorch }) => pytorch);
  return plan.filter(({ point }) =>
    asked.some(({ where }) => Object.entries(where).every(([axis, value]) => point[axis] === value)),
  );
}

/** Those of `runs` whose settings are still the plan's, at its points: an experiment may have changed since. */
export function stillPlanned(runs: readonly RunRecord[], plan: readonly ExperimentRun[]): RunRecord[] {
  const byName = new Map(runs.map((record) => [record.run, record]));
  return plan.flatMap(({ point, config }) => {
    const record = byName.get(runName(config));
    return record === undefined ? [] : [{ ...record, point }];
  });
}
