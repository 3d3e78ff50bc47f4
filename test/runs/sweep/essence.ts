import { join } from 'node:path';
import type { SweepRun } from '../../../src/runs/sweep/sweep.ts';
import { readMetrics } from '../../../src/train/metrics.ts';

/** Everything that a run is, but for the times. */
export const essence = ({ id, status, result, folder }: SweepRun) => ({
  id,
  status,
  result: { ...result, seconds: 0 },
  metrics: readMetrics(join(folder, 'metrics.jsonl')).map((line) => ({ ...line, ms: 0, seconds: 0 })),
});
