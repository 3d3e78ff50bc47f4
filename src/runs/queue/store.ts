import { join } from 'node:path';
import { RunFolderError } from '../../errors.ts';
import type { TrainConfig } from '../../train/config.ts';
import type { TrainResult } from '../../train/result.ts';
import { recordFailure } from '../folder.ts';
import { type Lock, lockTaker } from '../lock/lock.ts';
import { readResult, readRun } from '../record.ts';
import { sameDataCheck } from '../sameData.ts';
import type { PlannedRun, SweepRun } from '../sweep/sweep.ts';
import { SecondResult, signer, takeIn } from '../takeIn.ts';
import { readFinished, readSignature } from './job.ts';

/** What the queue has of a run that no worker works at any more. */
interface Returned {
  value: unknown;
  /** Why it failed; undefined where it did not. */
  failure: string | undefined;
  /** Of all workers that finished it. */
  signatures: readonly string[];
}

interface Stored {
  result?: TrainResult;
  failure?: string;
  /** It had another result before, or was finished twice and not in the same way. */
  conflict?: string;
}

/**
 * The folder of a sweep whose runs are trained elsewhere. It alone says what is finished: a result is written once, under the
 * run's lock, and a second one is compared with it. `known` are runs that were finished before.
 */
export function runStore(folder: string, known: readonly SweepRun[]) {
  const take = lockTaker();
  const requireSameData = sameDataCheck();
  for (const { config, folder: path, result } of known) {
    if (result) requireSameData(config, readRun(path)?.data, path);
  }

  /** Keeps what came back of a run; undefined while another process is at work in its folder. */
  return function store(run: PlannedRun<TrainConfig>, returned: Returned): Stored | undefined {
    const path = join(folder, run.id);
    const lock = take(path);
    if (lock === undefined) return undefined;
    try {
      return returned.failure === undefined
        ? keep(run, path, lock, returned)
        : fail(path, lock, returned.failure);
    } finally {
      lock.release();
    }
  };

  function keep(
    { id, config }: PlannedRun<TrainConfig>,
    path: string,
    lock: Lock,
    returned: Returned,
  ): Stored {
    try {
      const finished = readFinished(returned.value, id);
      const first = { digest: finished.result.digest, by: signer(finished.run) };
      requireSameData(config, finished.run.data, `${id}, by ${first.by},`);
      takeIn(path, lock, config, finished);
      const signatures = returned.signatures.map((text) => readSignature(text, id));
      const other = signatures.find(({ digest }) => digest !== first.digest);
      const conflict = other && new SecondResult(path, first, other).message;
      return { result: finished.result, conflict };
    } catch (error) {
      if (error instanceof SecondResult) return { result: readResult(path), conflict: error.message };
      if (error instanceof RunFolderError) return fail(path, lock, error.message);
      throw error;
    }
  }

  function fail(path: string, lock: Lock, failure: string): Stored {
    const result = readResult(path);
    if (result) return { result };
    recordFailure(path, lock, failure);
    return { failure };
  }
}
