import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import type { TrainConfig } from '../train/config.ts';
import { loadData } from '../train/data.ts';
import type { StepReport } from '../train/loop.ts';
import { fromJson, type MetricsLine, readMetrics, toJson } from '../train/metrics.ts';
import type { TrainResult } from '../train/result.ts';
import { metricsPath, readResult } from '../train/runFolder.ts';
import { decisiveFields, runName } from '../train/runName.ts';
import { runTraining } from '../train/runTraining.ts';
import type { Experiment } from './define.ts';
import { measures } from './measures.ts';
import type { PlannedRun } from './plan.ts';
import type { RunRecord } from './results.ts';

export interface ExperimentHooks {
  /** Every run has a folder below this one. What is finished there is not run again. */
  folder: string;
  /** Aborting it stops the running run after its step, and the experiment with it. */
  signal?: AbortSignal;
  /** For run.json: what was typed. */
  argv?: readonly string[];
  onData?: (dataset: Dataset) => void;
  onRunStart?: (run: PlannedRun) => void;
  onStep?: (report: StepReport) => void;
  /** `reused`: it was finished before. */
  onRunEnd?: (run: RunRecord, result: TrainResult, reused: boolean) => void;
}

/** Trains one run after the other; what an abort leaves unfinished is not among the records. */
export async function runExperiment(
  experiment: Experiment,
  plan: readonly PlannedRun[],
  hooks: ExperimentHooks,
): Promise<RunRecord[]> {
  const { folder, signal, argv, onData, onRunStart, onStep, onRunEnd } = hooks;
  const records: RunRecord[] = [];
  let data: { key: string; dataset: Dataset } | undefined;
  for (const planned of plan) {
    const { config } = planned;
    const path = join(folder, runName(config));
    const finished = readFinished(path, config);
    if (finished) {
      const record = recordOf(experiment, planned, finished.result, finished.lines);
      records.push(record);
      onRunEnd?.(record, finished.result, true);
      continue;
    }
    if (signal?.aborted) return records;
    const key = toJson([config.dataset, config.dataDir, config.limit, config.testLimit]);
    if (data?.key !== key) {
      const loaded = await loadData(config);
      onData?.(loaded);
      data = { key, dataset: experiment.prepare?.(loaded) ?? loaded };
    }
    onRunStart?.(planned);
    const result = await runTraining(config, {
      dataset: data.dataset,
      signal,
      argv,
      folder: { path },
      resume: true,
      keepWeights: false,
      onStep,
    });
    if (result.status === 'interrupted') return records;
    // From the file, since a resumed run wrote its first lines earlier.
    const record = recordOf(experiment, planned, result, readMetrics(metricsPath(path)));
    records.push(record);
    onRunEnd?.(record, result, false);
  }
  return records;
}

/** A finished run of this very configuration; undefined where there is none. */
function readFinished(
  path: string,
  config: TrainConfig,
): { result: TrainResult; lines: MetricsLine[] } | undefined {
  const result = readResult(path);
  const file = join(path, 'config.json');
  if (result === undefined || !existsSync(file)) return undefined;
  const theirs = fromJson(readFileSync(file, 'utf8')) as TrainConfig;
  if (toJson(decisiveFields(theirs)) !== toJson(decisiveFields(config))) return undefined;
  return { result, lines: readMetrics(metricsPath(path)) };
}

function recordOf(
  experiment: Experiment,
  { point, seed, config }: PlannedRun,
  { status, train, test, seconds, digest }: TrainResult,
  lines: readonly MetricsLine[],
): RunRecord {
  const epochs = lines.flatMap((line) =>
    line.t === 'epoch' ? [{ epoch: line.epoch, train: line.train, test: line.test }] : [],
  );
  const steps = lines.flatMap((line) => (line.t === 'step' ? [{ step: line.step, train: line.train }] : []));
  const record = { point, seed, norm: config.norm, status, train, test, epochs, seconds, digest };
  const { x, y } = experiment.figure;
  return x === 'step' || measures[y].needsSteps ? { ...record, steps } : record;
}
