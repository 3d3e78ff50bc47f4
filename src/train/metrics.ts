import { readFileSync } from 'node:fs';
import type { ProbeName, ProbeValues } from './probes/names.ts';

/** What a model scores on some images: mean cross-entropy, and the share it classifies rightly (0 to 1). */
export interface Score {
  loss: number;
  accuracy: number;
}

/** A line of metrics.jsonl after some steps: `train` is the mean over the steps since the line before. */
export interface StepLine {
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
export interface EpochLine {
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

/** JSON has no NaN and no infinity: they are written as the strings "NaN", "Infinity" and "-Infinity". */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, each) => (typeof each === 'number' && !Number.isFinite(each) ? String(each) : each),
    indent,
  );
}

/** Reads what `toJson` wrote. */
export function fromJson(text: string): unknown {
  const special = ['NaN', 'Infinity', '-Infinity'];
  return JSON.parse(text, (_, each) => (special.includes(each) ? Number(each) : each));
}

/** Reads metrics.jsonl. A crash may have torn its last line, which is then left out; any other damage throws. */
export function readMetrics(path: string): MetricsLine[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const last = lines.length - 1;
  return lines.flatMap((line, i): MetricsLine[] => {
    if (line === '') return [];
    try {
      return [fromJson(line) as MetricsLine];
    } catch (error) {
      if (i === last) return [];
      throw new Error(`${path}: line ${i + 1} is not JSON. Only the last line of a run may be torn.`, {
        cause: error,
      });
    }
  });
}
