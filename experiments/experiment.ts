import type { Dataset } from '../src/data/dataset.ts';
import type { LineChart } from '../src/report/lineChart.ts';
import { meanCurve, type Summary, summarize } from '../src/report/statistics.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../src/train/config.ts';
import { loadData } from '../src/train/data.ts';
import type { StepReport } from '../src/train/loop.ts';
import type { EpochLine } from '../src/train/metrics.ts';
import type { TrainResult } from '../src/train/result.ts';
import { runTraining } from '../src/train/runTraining.ts';

/** A comparison of a few settings ("arms"), each trained with the same seeds on the same data. */
export interface Experiment {
  /** Names its folder. */
  name: string;
  title: string;
  question: string;
  /** What all arms share. All read one dataset: an arm may not change `dataset` or the limits. */
  base: TrainOptions;
  arms: readonly Arm[];
  seeds: readonly number[];
  /** What becomes of the dataset before all runs; absent: nothing. */
  prepare?: (dataset: Dataset) => Dataset;
}

export interface Arm {
  name: string;
  /** Whose colour and marker the arm has in charts. */
  norm: string;
  /** Where it differs from the base. */
  options: TrainOptions;
}

/** One finished run of an experiment. */
export interface ArmRun {
  arm: string;
  seed: number;
  result: TrainResult;
  epochs: EpochLine[];
}

export interface ExperimentHooks {
  /** Aborting it stops the running run after its step, and the experiment with it. */
  signal?: AbortSignal;
  /** Runs go below this folder, each into its own. */
  folder: string;
  argv?: readonly string[];
  onRunStart?: (run: { arm: string; seed: number; config: TrainConfig }) => void;
  onStep?: (report: StepReport) => void;
  onRunEnd?: (run: ArmRun) => void;
}

/** Trains every arm with every seed, one after the other; what an abort leaves unfinished is not among the runs. */
export async function runExperiment(experiment: Experiment, hooks: ExperimentHooks): Promise<ArmRun[]> {
  const { signal, folder, argv, onRunStart, onStep, onRunEnd } = hooks;
  const { base, arms, seeds } = experiment;
  const loaded = await loadData(resolveConfig(base));
  const dataset = experiment.prepare?.(loaded) ?? loaded;
  const runs: ArmRun[] = [];
  // Seed by seed, so that an experiment that is stopped halfway has compared all arms.
  for (const seed of seeds) {
    for (const { name: arm, options } of arms) {
      if (signal?.aborted) return runs;
      const config = resolveConfig({ ...base, ...options, seed });
      onRunStart?.({ arm, seed, config });
      const epochs: EpochLine[] = [];
      const result = await runTraining(config, {
        dataset,
        signal,
        argv,
        folder: { parent: folder },
        onStep,
        onMetrics: (line) => line.t === 'epoch' && epochs.push(line),
      });
      if (result.status === 'interrupted') return runs;
      const run = { arm, seed, result, epochs };
      runs.push(run);
      onRunEnd?.(run);
    }
  }
  return runs;
}

/** Accuracy in percent and loss on the test images after the last epoch, over the seeds of an arm. */
export function summaryOf(runs: readonly ArmRun[], arm: string): { accuracy: Summary; loss: Summary } {
  const results = runs.filter((run) => run.arm === arm).map(({ result }) => result);
  const finished = (value: (result: TrainResult) => number | undefined) =>
    summarize(
      results.map((result) => (result.status === 'diverged' ? Number.NaN : (value(result) ?? Number.NaN))),
    );
  return {
    accuracy: finished(({ test }) => (test === null ? undefined : 100 * test.accuracy)),
    loss: finished(({ test }) => test?.loss),
  };
}

/** Test accuracy over the epochs: per arm the mean of the seeds, with their spread. */
export function chartOf({ title, arms }: Experiment, runs: readonly ArmRun[], caption: string): LineChart {
  return {
    title,
    caption,
    x: { label: 'epoch' },
    y: { label: 'test accuracy', unit: '%' },
    series: arms.map(({ name, norm }) => ({
      name,
      norm,
      points: meanCurve(
        runs
          .filter(({ arm }) => arm === name)
          .map(({ epochs }) => epochs.map(({ epoch, test }) => ({ x: epoch, y: 100 * test.accuracy }))),
      ),
    })),
  };
}
