import { rmSync } from 'node:fs';
import { RunFolderError } from '../errors.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainResult } from '../train/result.ts';
import { guarded, jsonText } from './files.ts';
import type { Lock } from './lock/lock.ts';
import { type HowItRan, readResult, readRun, runFiles } from './record.ts';

/** A finished run whole, as a folder has it. */
export interface FinishedRun {
  run: HowItRan;
  result: TrainResult;
  /** metrics.jsonl. */
  metrics: string;
}

/** One run, two results: the same configuration gave other weights elsewhere. */
export class SecondResult extends RunFolderError {
  constructor(path: string, first: { digest: string; by: string }, second: { digest: string; by: string }) {
    super(
      `${path} has two results: digest ${first.digest} (${first.by}) and ${second.digest} (${second.by})`,
      [
        'the first one is kept; one run gives one digest on machines of one kind with one version of normgrad',
        'another kind of processor, Node or data may round differently: train a sweep on machines of one kind',
      ],
    );
  }
}

/**
 * Puts a run that was finished elsewhere into its folder, of which the caller has the lock: false where the same result is
 * there already. Throws SecondResult where another is, which stays.
 */
export function takeIn(
  path: string,
  lock: Lock,
  config: TrainConfig,
  { run, result, metrics }: FinishedRun,
): boolean {
  const before = readResult(path);
  if (before?.digest === result.digest) return false;
  const second = { digest: result.digest, by: signer(run) };
  if (before) throw new SecondResult(path, { digest: before.digest, by: signer(readRun(path)) }, second);
  const files = runFiles(path);
  guarded(path, () => {
    lock.write(files.config, jsonText(config));
    lock.write(files.metrics, metrics);
    lock.write(files.run, jsonText(run));
    rmSync(files.checkpoint, { force: true });
    // Last: it says that the run is finished.
    lock.write(files.result, jsonText(result));
  });
  return true;
}

/** Who trained a run. */
export function signer(run: HowItRan | undefined): string {
  if (run === undefined) return 'trained by an unknown machine';
  return `${run.pid}@${run.host}, normgrad ${run.normgrad}, Node ${run.node}, ${run.platform}`;
}
