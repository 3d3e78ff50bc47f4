import { recordRetry } from '../folder.ts';
import { lockTaker } from '../lock/lock.ts';
import { readRun } from '../record.ts';
import type { SweepRun } from './sweep.ts';

/**
 * Opens the failed ones of these runs again, and returns them. Workers that may be started again at any time, by Slurm or
 * Kubernetes, leave alone what has failed: else a run that kills its machine would do so for as long as machines are left. So it
 * is said once, by whoever has mended what was wrong.
 */
export function retryFailed(runs: readonly SweepRun[]): SweepRun[] {
  return runs.filter(({ status, folder }) => {
    const lock = status === 'failed' ? lockTaker()(folder) : undefined;
    if (lock === undefined) return false;
    try {
      // Somebody may have tried it since.
      const isStill = readRun(folder)?.status === 'failed';
      if (isStill) recordRetry(folder, lock);
      return isStill;
    } finally {
      lock.release();
    }
  });
}
