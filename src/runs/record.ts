import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { RunFolderError } from '../errors.ts';
import { fromJson } from '../json.ts';
import { plainObject, wholeNumber } from '../storedFile.node.ts';
import { configSchema, type TrainConfig } from '../train/config.ts';
import { type RunStatus, resultSchema, runStatuses, type TrainResult } from '../train/result.ts';
import { readJson, readJsonIfThere } from './files.ts';
import { isLocked } from './lock/look.ts';

/** The files of the run folder at `path`; folder.ts says what is in them. */
export function runFiles(path: string) {
  return {
    config: join(path, 'config.json'),
    run: join(path, 'run.json'),
    metrics: join(path, 'metrics.jsonl'),
    result: join(path, 'result.json'),
    checkpoint: join(path, 'last.safetensors'),
    best: join(path, 'best.safetensors'),
  };
}

/** run.json. */
export interface HowItRan {
  status: RunStatus | 'running' | 'failed';
  command: string;
  started: string;
  ended: string | null;
  /** Why it failed. */
  error: string | null;
  /** Where it went on after an interruption: the steps done before, and when. */
  resumed: { step: number; at: string }[];
  /** A new one whenever the run is begun, or fails: tells one failure from the next without a clock. */
  attempt: string;
  /** How many processes in a row died at this run without getting to another checkpoint. */
  deaths: number;
  pid: number;
  host: string;
  node: string;
  platform: string;
  normgrad: string;
  git: string | null;
  /** Of the images that it was begun with (dataChecksum). */
  data?: string;
  /** The file whose weights it began with. */
  init?: InitRecord;
  /** What its network takes and puts out, so that it can be built without the data: [height, width, channels], classes. */
  network?: { input: [number, number, number]; classes: number };
  /** Whether it keeps its best weights. */
  keepBest?: boolean;
}

/** A file and what was in it: SHA-256 in hex. */
export interface InitRecord {
  file: string;
  sha256: string;
}

const size = v.pipe(wholeNumber, v.minValue(1, 'must be at least 1'));
export const runSchema: v.GenericSchema<unknown, HowItRan> = v.pipe(
  plainObject,
  v.looseObject({
    status: v.picklist([...runStatuses, 'running', 'failed']),
    command: v.string(),
    started: v.string(),
    ended: v.nullable(v.string()),
    error: v.nullable(v.string()),
    resumed: v.array(v.object({ step: wholeNumber, at: v.string() })),
    // Not in those of earlier versions.
    attempt: v.optional(v.string(), ''),
    deaths: v.optional(wholeNumber, 0),
    pid: v.pipe(wholeNumber, v.maxValue(2 ** 31 - 1)),
    host: v.string(),
    node: v.string(),
    platform: v.string(),
    normgrad: v.string(),
    git: v.nullable(v.string()),
    data: v.optional(v.string()),
    init: v.optional(v.object({ file: v.string(), sha256: v.string() })),
    network: v.optional(v.object({ input: v.tuple([size, size, size]), classes: size })),
    keepBest: v.optional(v.boolean()),
  }),
);

/** The content of config.json; a RunFolderError where there is no run. */
export function readConfig(path: string): TrainConfig {
  const { config: file } = runFiles(path);
  if (!existsSync(file)) {
    throw new RunFolderError(`${path} is no run folder: it has no config.json`, [
      'name the folder of one run, like runs/train-20261122-141502/batch-bs64-s1-77c0e2',
    ]);
  }
  return readJson(file, configSchema);
}

/**
 * The content of run.json; undefined where there is none. What a process left running when it died, and nobody has taken on, is
 * interrupted.
 */
export function readRun(path: string): HowItRan | undefined {
  const run = readJsonIfThere(runFiles(path).run, runSchema);
  return run?.status === 'running' && !isLocked(path) ? { ...run, status: 'interrupted' } : run;
}

/** The content of result.json; undefined for a run that is not finished. */
export function readResult(path: string): TrainResult | undefined {
  return readJsonIfThere(runFiles(path).result, resultSchema);
}

/** The first lines of metrics.jsonl, which a checkpoint counts on; an Error where they are not all there. */
export function firstLines(file: string, count: number): string {
  const whole = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  if (whole.length < count) {
    throw new Error(`${file} has ${whole.length} whole lines, the checkpoint needs ${count}`);
  }
  const kept = whole.slice(0, count);
  for (const line of kept) fromJson(line);
  return kept.map((line) => `${line}\n`).join('');
}
