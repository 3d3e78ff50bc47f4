import { randomUUID } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, fsyncSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { TrainConfig } from '../train/config.ts';
import type { MetricsLine } from '../train/metrics.ts';
import type { TrainResult } from '../train/result.ts';
import { quoted } from '../typed.node.ts';
import { guarded, jsonText } from './files.ts';
import type { Lock } from './lock/lock.ts';
import { decisiveFields } from './name.ts';
import { firstLines, type HowItRan, type InitRecord, readConfig, readRun, runFiles } from './record.ts';
import { sourceVersion, version } from './version.ts';

/**
 * One run, one folder:
 *   config.json     the resolved configuration: running it again gives the same weights
 *   run.json        how and where it ran, and its status
 *   metrics.jsonl   a line for every few steps and every epoch, appended as the run goes (metrics.ts)
 *   result.json     what came out; it exists if and only if the run is finished (done or diverged)
 *   last.safetensors  a checkpoint (checkpoint.ts), from which an interrupted run continues
 *   best.safetensors  the same after the epoch with the best test accuracy, where the run keeps it
 *   lock            who works in it (lock/lock.ts): one process at a time, and nobody writes without it
 * All but metrics.jsonl are written elsewhere and renamed, so that no reader ever sees half a file.
 */
interface RunFolder {
  readonly path: string;
  /** Lines of metrics.jsonl so far. */
  readonly lines: number;
  append(line: MetricsLine): void;
  /** Replaces the checkpoint; the disk then holds the lines before it, too. */
  save(checkpoint: Uint8Array): void;
  /** Replaces the checkpoint of the best epoch. */
  saveBest(checkpoint: Uint8Array): void;
  /** Ends the run: result.json unless it was interrupted, then the status in run.json. */
  finish(result: TrainResult, options?: { keepWeights?: boolean }): void;
  /** Ends the run that threw. */
  fail(error: unknown): void;
}

interface RunFolderOptions {
  /** What was typed. */
  argv?: readonly string[];
  /** Go on with the run in the folder, of which this many steps and lines of metrics are kept. */
  resume?: { steps: number; lines: number };
  /** Checksum of the images. */
  data?: string;
  /** The file whose weights it begins with. */
  init?: InitRecord;
  network?: HowItRan['network'];
  keepBest?: boolean;
}

/** So often may the process of a run die between two checkpoints before the run counts as failed. */
export const MOST_DEATHS = 3;

/**
 * Begins a run of `config` in the folder that `lock` is of. An earlier run of the same configuration in it is replaced unless it
 * is resumed; one of another configuration is left alone, and an error. A LostLock from any of its functions means that the
 * folder is another process's now.
 */
export function createRunFolder(
  path: string,
  config: TrainConfig,
  lock: Lock,
  { argv = [], resume, data, init, network, keepBest }: RunFolderOptions = {},
): RunFolder {
  return guarded(path, () => {
    refuseOther(path, config);
    const files = runFiles(path);
    const kept = resume ? firstLines(files.metrics, resume.lines) : '';
    const before = readRun(path);
    for (const old of resume ? [files.result] : [files.result, files.checkpoint, files.best]) {
      if (!existsSync(old)) continue;
      lock.check();
      rmSync(old, { force: true });
    }
    const now = new Date().toISOString();
    const run: HowItRan = {
      ...newRecord(argv),
      ...(resume && before ? { command: before.command, started: before.started } : {}),
      data,
      // A run that goes on from a checkpoint has not read the file again.
      init: resume ? before?.init : init,
      network,
      keepBest,
      deaths: deathsOf(before),
      resumed: [...((resume && before?.resumed) || []), ...(resume ? [{ step: resume.steps, at: now }] : [])],
    };
    const writeRun = () => lock.write(files.run, jsonText(run));
    lock.write(files.config, jsonText(config));
    writeRun();
    const metrics = lock.open(files.metrics, kept);
    let isOpen = true;
    let lines = resume?.lines ?? 0;
    const end = (how: Partial<HowItRan>) => {
      if (isOpen) closeSync(metrics);
      isOpen = false;
      Object.assign(run, how, { ended: new Date().toISOString() });
      writeRun();
    };

    return {
      path,
      get lines() {
        return lines;
      },
      append(line) {
        guarded(path, () => appendFileSync(metrics, `${toJson(line)}\n`));
        lines++;
      },
      save: (checkpoint) =>
        guarded(path, () => {
          fsyncSync(metrics);
          lock.write(files.checkpoint, checkpoint);
          if (run.deaths === 0) return;
          run.deaths = 0;
          writeRun();
        }),
      saveBest: (checkpoint) => guarded(path, () => lock.write(files.best, checkpoint)),
      finish: (result, { keepWeights = true } = {}) =>
        guarded(path, () => {
          if (result.status !== 'interrupted') lock.write(files.result, jsonText(result));
          end({ status: result.status });
          if (result.status !== 'interrupted' && !keepWeights) rmSync(files.checkpoint, { force: true });
        }),
      fail: (error) =>
        guarded(path, () =>
          end({ status: 'failed', error: error instanceof Error ? error.message : String(error) }),
        ),
    };
  });
}

/** Says in run.json that the run failed, where it was never built. */
export function recordFailure(path: string, lock: Lock, message: string): void {
  recordEnd(path, lock, { status: 'failed', error: message });
}

/**
 * Counts in run.json that the process died from which `lock` was taken; `why`, as far as it is known. The run is to be tried
 * again, unless its processes died so often without getting from one checkpoint to the next: then it has failed, and its
 * error, which is returned, says so.
 */
export function recordDeath(path: string, lock: Lock, why: string): string | undefined {
  const deaths = deathsOf(readRun(path)) + 1;
  const isLast = deaths >= MOST_DEATHS;
  const error = isLast ? `its process died ${deaths} times: ${why}` : null;
  recordEnd(path, lock, { status: isLast ? 'failed' : 'interrupted', error, deaths });
  return error ?? undefined;
}

/** Opens the run again that failed: it is tried again like one that was interrupted, and its deaths are counted anew. */
export function recordRetry(path: string, lock: Lock): void {
  recordEnd(path, lock, { status: 'interrupted', error: null, deaths: 0 });
}

function recordEnd(path: string, lock: Lock, how: Partial<HowItRan>): void {
  guarded(path, () => {
    const record = readRun(path) ?? newRecord([]);
    const end = { attempt: randomUUID(), ended: new Date().toISOString() };
    lock.write(runFiles(path).run, jsonText({ ...record, ...how, ...end }));
  });
}

/** A run that failed and is tried again begins anew. */
function deathsOf(run: HowItRan | undefined): number {
  return run === undefined || run.status === 'failed' ? 0 : (run.deaths ?? 0);
}

function newRecord(argv: readonly string[]): HowItRan {
  return {
    status: 'running',
    command: ['normgrad', ...argv.map((word) => quoted(word))].join(' '),
    started: new Date().toISOString(),
    ended: null,
    error: null,
    resumed: [],
    attempt: randomUUID(),
    deaths: 0,
    pid: process.pid,
    host: hostname(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    normgrad: version,
    git: sourceVersion(),
  };
}

/** `runs/train-20261122-141502`: where the runs of one command go by default. */
export function defaultOut(command: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join('runs', `${command}-${day}-${time}`);
}

function refuseOther(path: string, config: TrainConfig): void {
  const { config: file, metrics, result } = runFiles(path);
  if (!existsSync(file)) {
    const foreign = [metrics, result].find((each) => existsSync(each));
    if (foreign === undefined) return;
    throw new ConfigError('out', `${foreign} is there, and no config.json beside it: it would be replaced`, [
      'give every run a folder of its own, or delete that file',
    ]);
  }
  const theirs = decisiveFields(readConfig(path));
  const ours = decisiveFields(config);
  const fields = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  const differing = fields.filter((field) => toJson(theirs[field]) !== toJson(ours[field]));
  if (differing.length === 0) return;
  throw new ConfigError('out', `${path} holds a run with another configuration (${differing.join(', ')})`, [
    'give every run a folder of its own, or delete that one',
  ]);
}
