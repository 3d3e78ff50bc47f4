import { existsSync } from 'node:fs';
import * as v from 'valibot';
import { RunFolderError } from '../errors.ts';
import { anyNumber, checked, parsed, readText, wholeNumber } from '../storedFile.node.ts';
import { type ProbeName, type ProbeValues, probeNames } from './probes/names.ts';

/** What a model scores on some images: mean cross-entropy, and the share it classifies rightly (0 to 1). */
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
  probe: ProbeName;
  step: number;
  values: ProbeValues;
}

export type MetricsLine = StepLine | EpochLine | ProbeLine;

export const scoreSchema: v.GenericSchema<unknown, Score> = v.object({
  loss: anyNumber,
  accuracy: anyNumber,
});

export const probeLineSchema = v.object({
  t: v.literal('probe'),
  probe: v.picklist(probeNames),
  step: wholeNumber,
  values: v.record(v.string(), v.union([anyNumber, v.array(anyNumber)], 'must be numbers')),
});

const course = { step: wholeNumber, epoch: wholeNumber, train: scoreSchema, lr: anyNumber };
const lineSchema: v.GenericSchema<unknown, MetricsLine> = v.variant('t', [
  v.object({ t: v.literal('step'), ...course, ms: anyNumber }),
  v.object({ t: v.literal('epoch'), ...course, test: scoreSchema, seconds: anyNumber }),
  probeLineSchema,
]);

/** JSON has no NaN and no infinity: they are written as the strings "NaN", "Infinity" and "-Infinity". */
export function toJson(value: unknown, indent?: number): string {
  const isPlain =
    typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object' || value === null;
  if (isPlain) return JSON.stringify(value);
  return JSON.stringify(
    value,
    (_, each) => (typeof each === 'number' && !Number.isFinite(each) ? String(each) : each),
    indent,
  );
}

/** Reads what `toJson` wrote. */
export function fromJson(text: string): unknown {
  // A look at every value takes four times as long as reading them.
  if (!/"(?:NaN|-?Infinity)"/.test(text)) return JSON.parse(text);
  const special = ['NaN', 'Infinity', '-Infinity'];
  return JSON.parse(text, (_, each) => (special.includes(each) ? Number(each) : each));
}

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
