import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { backendName } from '../autograd/index.ts';
import { RunFolderError } from '../errors.ts';
import { readJson } from '../runs/files.ts';
import { version } from '../runs/version.ts';
import { anyNumber, plainObject, wholeNumber } from '../storedFile.node.ts';
import { describeSettings } from './describeSettings.ts';
import type { Engine } from './engine.ts';
import { type Judgement, judge, kinds, outcomes } from './judge.ts';
import type { ExperimentRun } from './plan.ts';
import { type RunRecord, resultsOf } from './results.ts';
import type { Experiment } from './spec.ts';
import { IN_TORCH, rounded, runRecordSchema } from './storedRuns.ts';

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
  claims: readonly CheckedClaim[];
  runs: readonly RunRecord[];
}

export interface CheckedClaim extends Judgement {
  says: string;
}

const judgementSchema: v.GenericSchema<unknown, Judgement> = v.object({
  outcome: v.picklist(outcomes),
  kind: v.picklist(kinds),
  value: anyNumber,
  interval: v.optional(v.tuple([anyNumber, anyNumber])),
  n: wholeNumber,
  lost: wholeNumber,
  unpaired: wholeNumber,
  unit: v.optional(v.string()),
  arms: v.string(),
  atLeast: v.optional(anyNumber),
  atMost: v.optional(anyNumber),
  of: v.optional(v.picklist(['all', 'any'])),
  parts: v.optional(v.array(v.lazy(() => judgementSchema))),
});
const saysSchema = v.object({ says: v.string() });

/** Of results of before claims had intervals: what was then said of the means alone. */
const olderClaimSchema = v.pipe(
  v.object({
    says: v.string(),
    held: v.boolean(),
    value: anyNumber,
    threshold: anyNumber,
    wanted: v.picklist(['at least', 'at most']),
  }),
  v.transform(({ says, held, value, threshold, wanted }): CheckedClaim => {
    const bound = wanted === 'at least' ? { atLeast: threshold } : { atMost: threshold };
    const none = { kind: 'check', n: 0, lost: 0, unpaired: 0, arms: '' } as const;
    return { says, outcome: held ? 'held' : 'failed', value, ...none, ...bound };
  }),
);

const storedSchema: v.GenericSchema<unknown, StoredExperiment> = v.pipe(
  plainObject,
  v.object({
    name: v.string(),
    settings: v.string(),
    seeds: v.array(v.pipe(v.number(), v.safeInteger('must be a whole number'))),
    smoke: v.boolean(),
    minutes: anyNumber,
    // Absent where the runs were trained one at a time.
    wallMinutes: v.optional(anyNumber),
    normgrad: v.string(),
    node: v.string(),
    kernels: v.string(),
    engine: v.optional(v.object({ digest: v.string(), arithmetic: v.string(), made: v.string() })),
    claims: v.array(v.union([v.intersect([saysSchema, judgementSchema]), olderClaimSchema])),
    runs: v.array(runRecordSchema),
  }),
  v.transform((stored) => ({ ...stored, wallMinutes: stored.wallMinutes ?? stored.minutes })),
);

export function checkClaims(experiment: Experiment, runs: readonly RunRecord[]): CheckedClaim[] {
  const results = resultsOf(runs);
  return experiment.claims.map((claim) => ({ says: claim.says, ...judge(claim, results) }));
}

export function storedExperiment(
  experiment: Experiment,
  plan: readonly ExperimentRun[],
  runs: readonly RunRecord[],
  { smoke, wallSeconds }: { smoke: boolean; wallSeconds: number },
): StoredExperiment {
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
    claims: rounded(checkClaims(experiment, runs)) as CheckedClaim[],
    runs: rounded(runs) as RunRecord[],
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
