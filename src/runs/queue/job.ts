import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { RunFolderError } from '../../errors.ts';
import { fromJson, toJson } from '../../json.ts';
import { anyNumber, checked, parsed, plainObject } from '../../storedFile.node.ts';
import { configSchema, type TrainConfig } from '../../train/config.ts';
import { resultSchema, type TrainResult } from '../../train/result.ts';
import { type HowItRan, readResult, readRun, runFiles, runSchema } from '../record.ts';
import { plainName } from '../sweep/sweep.ts';
import { type FinishedRun, type Signature, signer } from '../takeIn.ts';

/**
 * What goes through Redis: a run to be trained, how far it is, and what came out. Others may write there too, so nothing is
 * believed before a schema has looked at it.
 */
export interface QueuedRun {
  /** Also the id of the job, so that no run is in a queue twice. */
  id: string;
  config: TrainConfig;
  checkpointEvery?: number;
  /** Of the sweep's command, for run.json. */
  argv: string[];
  /** The version that planned it. */
  normgrad: string;
}

export interface RunProgress {
  /** Steps that were done before this worker had it. */
  begun: number;
  step: number;
  steps: number;
  loss: number;
}

const hint = 'is another program using this queue? --queue NAME gives the sweep one of its own';

const queuedSchema: v.GenericSchema<unknown, QueuedRun> = v.pipe(
  plainObject,
  v.looseObject({
    id: plainName,
    config: configSchema,
    checkpointEvery: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
    argv: v.array(v.string()),
    normgrad: v.string(),
  }),
);

const progressSchema: v.GenericSchema<unknown, RunProgress> = v.object({
  begun: anyNumber,
  step: anyNumber,
  steps: anyNumber,
  loss: anyNumber,
});

const finishedSchema = v.pipe(
  plainObject,
  v.object({ run: runSchema, result: resultSchema, metrics: v.string() }),
);

const signatureSchema: v.GenericSchema<unknown, Signature> = v.object({ digest: v.string(), by: v.string() });

export function readQueued(data: unknown, id: string): QueuedRun {
  return checked({ file: `job ${id} of the queue`, hint }, data, queuedSchema);
}

/** JSON, since BullMQ would make null of a loss that is not a number. */
export function progressText(progress: RunProgress): string {
  return toJson(progress);
}

/** undefined before the first word. */
export function readProgress(progress: unknown, id: string): RunProgress | undefined {
  if (typeof progress !== 'string') return undefined;
  const from = { file: `the progress of ${id}`, hint };
  return checked(from, parsed(from, progress, fromJson), progressSchema);
}

/** The finished run in the folder at `path`, for the way through Redis. */
export function finishedText(path: string): string {
  const metrics = gzipSync(readFileSync(runFiles(path).metrics)).toString('base64');
  return toJson({ run: readRun(path), result: readResult(path), metrics });
}

export function readFinished(text: unknown, id: string): FinishedRun {
  const from = { file: `the result of ${id}`, hint };
  const { metrics, ...rest } = checked(from, parsed(from, String(text), fromJson), finishedSchema);
  try {
    return { ...rest, metrics: gunzipSync(Buffer.from(metrics, 'base64')).toString('utf8') };
  } catch (error) {
    throw new RunFolderError(`${from.file}: its metrics cannot be unpacked`, [hint], { cause: error });
  }
}

/** Every worker that finishes a run writes this into the job's log, also where another one was quicker. */
export function signatureText(run: HowItRan, { digest }: TrainResult): string {
  return toJson({ digest, by: signer(run) } satisfies Signature);
}

export function readSignature(text: string, id: string): Signature {
  const from = { file: `the log of ${id}`, hint };
  return checked(from, parsed(from, text, fromJson), signatureSchema);
}
