import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { backendName } from '../autograd/index.ts';
import { RunFolderError } from '../errors.ts';
import { readJson } from '../runs/files.ts';
import { version } from '../runs/version.ts';
import { anyNumber, plainObject } from '../storedFile.node.ts';
import { describeSettings } from './describeSettings.ts';
import type { Engine } from './engine.ts';
import { type Judgement, judge } from './judge.ts';
import type { ExperimentRun } from './plan.ts';
import { type RunRecord, resultsOf } from './results.ts';
import type { Experiment } from './spec.ts';
import { IN_TORCH, rounded, roundedRun, runRecordSchema } from './storedRuns.ts';

/** A finished experiment as JSON: what the gallery is made of. No weights, nothing about the machine's folders. */
export interface StoredExperiment {
  name: string;
  /** In words: what all runs share. */
  settings: string;
  seeds: readonly number[];
  /** A trial on drawn digits; its claims say nothing. */
  smoke: boolean;
  /** Of training and testing, all runs together. */
  minutes: number;
  /** By the clock: less where several runs were trained at once. */
  wallMinutes: number;
  normgrad: string;
  node: string;
  kernels: string;
  /** Only of what was kept with --save. */
  engine?: Engine;
  runs: readonly RunRecord[];
}

export interface CheckedClaim extends Judgement {
  says: string;
}

/** What came of the claims lies in the file, too, for its readers; the library judges the runs anew. */
const storedSchema: v.GenericSchema<unknown, StoredExperiment> = v.pipe(
  plainObject,
  v.object({
    name: v.string(),
    settings: v.string(),
    seeds: v.array(v.pipe(v.number(), v.safeInteger('must be a whole number'))),
    smoke: v.boolean(),
    minutes: anyNumber,
    wallMinutes: anyNumber,
    normgrad: v.string(),
    node: v.string(),
    kernels: v.string(),
    engine: v.optional(v.object({ digest: v.string(), arithmetic: v.string(), made: v.string() })),
    runs: v.array(runRecordSchema),
  }),
);

export function checkClaims(experiment: Experiment, runs: readonly RunRecord[]): CheckedClaim[] {
  const results = resultsOf(runs);
  return experiment.claims.map((claim) => ({ says: claim.says, ...judge(claim, results) }));
}

/** A file's content and what came of the claims, judged on the numbers that it keeps: whoever reads it judges alike. */
export function storedExperiment(
  experiment: Experiment,
  plan: readonly ExperimentRun[],
  whole: readonly RunRecord[],
  { smoke, wallSeconds }: { smoke: boolean; wallSeconds: number },
): StoredExperiment & { claims: readonly CheckedClaim[] } {
  const runs = whole.map(roundedRun);
  const minutes = (seconds: number) => Number((seconds / 60).toFixed(2));
  return {
    name: experiment.name,
    settings: describeSettings(plan),
    seeds: [...new Set(plan.map(({ seed }) => seed))],
    smoke,
    minutes: minutes(runs.reduce((sum, { seconds }) => sum + seconds, 0)),
    wallMinutes: minutes(wallSeconds),
    normgrad: version,
    node: process.versions.node,
    kernels: backendName(),
    claims: rounded(checkClaims(experiment, runs)),
    runs,
  };
}

/** What `storedJson` wrote. */
export function readStoredFile(file: string): StoredExperiment {
  return readJson(file, storedSchema, 'run the experiment again with --save, or delete the file');
}

/** Every result in a folder, by the name of its experiment. */
export function readStored(folder: string): Map<string, StoredExperiment> {
  if (!existsSync(folder)) throw new RunFolderError(`there is no folder ${folder}`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.json') && !file.endsWith(IN_TORCH));
  return new Map(
    files.map((file) => {
      const stored = readStoredFile(join(folder, file));
      return [stored.name, stored];
    }),
  );
}
