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

/** Who computed what. */
export interface Signature {
  digest: string;
  /** `4711@node1, normgrad 0.1.0, Node 20.20.2, linux x64` */
  by: string;
}

/** One run, two results: the same configuration gave other weights elsewhere. */
export class SecondResult extends RunFolderError {
  constructor(path: string, first: Signature, second: Signature) {
    super(
      `${path} has two results: digest ${first.digest} (${first.by}) and ${second.digest} (${second.by})`,
      [
        'the first one is kept; one run gives one digest on machines of one kind with one version of normgrad',
        'another kind of processor, Node or data may round differently: train a sweep on machines of one kind',
      ],
    );
  }
}

/** Whether the folder has no result yet. Throws SecondResult where it has another one than `second`, and leaves that. */
export function isOpen(path: string, second: Signature): boolean {
  const before = readResult(path);
  if (before === undefined) return true;
  if (before.digest === second.digest) return false;
  throw new SecondResult(path, { digest: before.digest, by: signer(readRun(path)) }, second);
}

/**
 * Puts a run that was finished elsewhere into its folder, of which the caller has the lock, unless the same result is there
 * already. Throws SecondResult where another is, which stays.
 */
export function takeIn(
  path: string,
  lock: Lock,
  config: TrainConfig,
  { run, result, metrics }: FinishedRun,
): void {
  if (!isOpen(path, { digest: result.digest, by: signer(run) })) return;
  const files = runFiles(path);
  guarded(path, () => {
    lock.write(files.config, jsonText(config));
    lock.write(files.metrics, metrics);
    lock.write(files.run, jsonText(run));
    rmSync(files.checkpoint, { force: true });
    // Last: it says that the run is finished.
    lock.write(files.result, jsonText(result));
  });
}

/** Who trained a run. */
export function signer(run: HowItRan | undefined): string {
  if (run === undefined) return 'trained by an unknown machine';
  return `${run.pid}@${run.host}, normgrad ${run.normgrad}, Node ${run.node}, ${run.platform}`;
}
