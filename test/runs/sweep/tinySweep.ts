import { runName } from '../../../src/runs/name.ts';
import type { PlannedRun, SweepPlan } from '../../../src/runs/sweep/sweep.ts';
import { runTraining } from '../../../src/runs/training.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../../../src/train/config.ts';

const tiny: TrainOptions = { dataset: 'synthetic', limit: 60, testLimit: 20, hidden: [4], epochs: 1 };

/** A sweep whose runs take some milliseconds. */
export function tinyPlan(seeds: number, options: TrainOptions = {}): SweepPlan<TrainConfig> {
  const runs = Array.from({ length: seeds }, (_, i): PlannedRun<TrainConfig> => {
    const config = resolveConfig({ ...tiny, ...options, seed: i + 1 });
    return { id: runName(config), labels: { seed: i + 1 }, config };
  });
  return { name: 'tiny', runs };
}

/** Trains a run in this process, in the folder of its sweep. */
export function trainOne(folder: string, { id, config }: PlannedRun<TrainConfig>) {
  return runTraining(config, { folder: { path: `${folder}/${id}` }, resume: true, keepWeights: false });
}
