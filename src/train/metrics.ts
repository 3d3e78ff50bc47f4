import { existsSync } from 'node:fs';
import * as v from 'valibot';
import { RunFolderError } from '../errors.ts';
import { fromJson } from '../json.ts';
import { anyNumber, checked, parsed, readText, wholeNumber } from '../storedFile.node.ts';
import type { ProbeValues } from './probes/names.ts';

/** What a model scores on some images: the mean of the run's loss, and the share it classifies rightly (0 to 1). */
export interface Score {
  loss: number;
  accuracy: number;
}

/** A line of metrics.jsonl after some steps: `train` is the mean over the steps since the line before. */
interface StepLine {
  t: 'step';
  /** Counted from 1 over the whole run, as `epoch` is. */
  step: number;
  epoch: number;
  train: Score;
  lr: number;
  /** Milliseconds per step, data included. */
  ms: number;
}

/** A line of metrics.jsonl after an epoch: `train` is the mean over its steps, `test` the score after it. */
interface EpochLine {
  t: 'epoch';
  step: number;
  epoch: number;
  train: Score;
  test: Score;
  lr: number;
  seconds: number;
}

/** What a probe (probes/) saw before the step that follows `step`. */
export interface ProbeLine {
  t: 'probe';
  /** Its name, or that of a user's file, without the ending. */
  probe: string;
  step: number;
  values: ProbeValues;
}

export type MetricsLine = StepLine | EpochLine | ProbeLine;

/** @internal */
export const scoreSchema: v.GenericSchema<unknown, Score> = v.object({
  loss: anyNumber,
  accuracy: anyNumber,
});

/** @internal */
export const probeLineSchema = v.object({
  t: v.literal('probe'),
  probe: v.string(),
  step: wholeNumber,
  values: v.record(v.string(), v.union([anyNumber, v.array(anyNumber)], 'must be numbers')),
});

const course = { step: wholeNumber, epoch: wholeNumber, train: scoreSchema, lr: anyNumber };
const lineSchema: v.GenericSchema<unknown, MetricsLine> = v.variant('t', [
  v.object({ t: v.literal('step'), ...course, ms: anyNumber }),
  v.object({ t: v.literal('epoch'), ...course, test: scoreSchema, seconds: anyNumber }),
  probeLineSchema,
]);

/**
 * Reads metrics.jsonl, or its lines of one kind. A crash may have torn its last line, which is then left out; any other damage
 * in what is read throws.
 */
export function readMetrics(path: string): MetricsLine[];
export function readMetrics<T extends MetricsLine['t']>(
  path: string,
  kind: T,
): Extract<MetricsLine, { t: T }>[];
export function readMetrics(path: string, kind?: MetricsLine['t']): MetricsLine[] {
  const hint = 'only the last line of a run may be torn; leave the run out, or train it again';
  if (!existsSync(path)) throw new RunFolderError(`there is no ${path}`, [hint]);
  const lines = readText({ file: path, hint }).split('\n');
  const last = lines.length - 1;
  return lines.flatMap((line, i): MetricsLine[] => {
    if (line.trim() === '' || isOther(line, kind)) return [];
    const from = { file: `${path}: line ${i + 1}`, hint };
    if (i === last && !isJson(line)) return [];
    const content = checked(from, parsed(from, line, fromJson), lineSchema);
    return kind === undefined || content.t === kind ? [content] : [];
  });
}

/** As `toJson` begins a line; one that is written otherwise is read. */
function isOther(line: string, kind: string | undefined): boolean {
  return kind !== undefined && line.startsWith('{"t":"') && !line.startsWith(`{"t":"${kind}"`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
