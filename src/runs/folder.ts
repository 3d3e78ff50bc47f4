import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { TrainConfig } from '../train/config.ts';
import { ConfigError, RunFolderError } from '../errors.ts';
import { isGone } from './lock.ts';
import { fromJson, type MetricsLine, toJson } from '../train/metrics.ts';
import { sourceVersion, version } from './version.ts';
import type { RunStatus, TrainResult } from '../train/result.ts';
import { decisiveFields } from './name.ts';
import { flushFile, writeWholeFile } from './wholeFile.ts';

/**
 * One run, one folder:
 *   config.json     the resolved configuration: running it again gives the same weights
 *   run.json        how and where it ran, and its status
 *   metrics.jsonl   a line for every few steps and every epoch, appended as the run goes (metrics.ts)
 *   result.json     what came out; it exists if and only if the run is finished (done or diverged)
 *   last.safetensors  a checkpoint (checkpoint.ts), from which an interrupted run continues
 * All but metrics.jsonl are written beside and renamed, so that no reader ever sees half a file.
 */
interface RunFolder {
  readonly path: string;
  /** Lines of metrics.jsonl so far. */
  readonly lines: number;
  append(line: MetricsLine): void;
  /** Has the disk hold the metrics: a checkpoint counts on the lines before it. */
  flush(): void;
  /** Ends the run: result.json unless it was interrupted, then the status in run.json. */
  finish(result: TrainResult): void;
  /** Ends the run that threw. */
  fail(error: unknown): void;
}

const names = {
  config: 'config.json',
  run: 'run.json',
  metrics: 'metrics.jsonl',
  result: 'result.json',
  checkpoint: 'last.safetensors',
};

/** run.json. */
export interface RunRecord {
  status: RunStatus | 'running' | 'failed';
  command: string;
  started: string;
  ended: string | null;
  /** Why it failed. */
  error: string | null;
  /** Where it went on after an interruption: the steps done before, and when. */
  resumed: { step: number; at: string }[];
  pid: number;
  host: string;
  node: string;
  platform: string;
  normgrad: string;
  git: string | null;
}

interface RunFolderOptions {
  /** What was typed. */
  argv?: readonly string[];
  /** Go on with the run in the folder, of which this many steps and lines of metrics are kept. */
  resume?: { steps: number; lines: number };
}

/**
 * Makes the folder for a run of `config`. An earlier run of the same configuration in it is replaced unless it is resumed; one
 * of another configuration is left alone, and an error.
 */
export function createRunFolder(
  path: string,
  config: TrainConfig,
  { argv = [], resume }: RunFolderOptions = {},
): RunFolder {
  return guarded(path, () => {
    makeFolder(path);
    refuseOther(path, config);
    const metrics = join(path, names.metrics);
    const kept = resume ? firstLines(metrics, resume.lines) : '';
    const before = resume && readRun(path);
    rmSync(join(path, names.result), { force: true });
    if (!resume) rmSync(checkpointPath(path), { force: true });
    const now = new Date().toISOString();
    const run: RunRecord = {
      ...newRecord(argv),
      ...(before ? { command: before.command, started: before.started } : {}),
      resumed: [...(before?.resumed ?? []), ...(resume ? [{ step: resume.steps, at: now }] : [])],
    };
    const writeRun = () => writeJson(join(path, names.run), run);
    writeJson(join(path, names.config), config);
    writeRun();
    writeWholeFile(metrics, kept);
    let lines = resume?.lines ?? 0;

    return {
      path,
      get lines() {
        return lines;
      },
      append(line) {
        guarded(path, () => appendFileSync(metrics, `${toJson(line)}\n`));
        lines++;
      },
      flush: () => guarded(path, () => flushFile(metrics)),
      finish: (result) =>
        guarded(path, () => {
          if (result.status !== 'interrupted') writeJson(join(path, names.result), result);
          run.status = result.status;
          run.ended = new Date().toISOString();
          writeRun();
        }),
      fail: (error) =>
        guarded(path, () => {
          run.status = 'failed';
          run.error = error instanceof Error ? error.message : String(error);
          run.ended = new Date().toISOString();
          writeRun();
        }),
    };
  });
}

/** Says in run.json that the run failed, where it could not say so itself: it was never built, or its process died. */
export function recordFailure(path: string, message: string): void {
  guarded(path, () => {
    makeFolder(path);
    const record = readRun(path) ?? newRecord([]);
    const ended = new Date().toISOString();
    writeJson(join(path, names.run), { ...record, status: 'failed', error: message, ended });
  });
}

function newRecord(argv: readonly string[]): RunRecord {
  return {
    status: 'running',
    command: ['normgrad', ...argv].join(' '),
    started: new Date().toISOString(),
    ended: null,
    error: null,
    resumed: [],
    pid: process.pid,
    host: hostname(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    normgrad: version,
    git: sourceVersion(),
  };
}

/** The content of result.json; undefined for a run that is not finished. */
export function readResult(path: string): TrainResult | undefined {
  const file = join(path, names.result);
  return existsSync(file) ? (readJson(file) as TrainResult) : undefined;
}

/** `runs/train-20261122-141502`: where the runs of one command go by default. */
export function defaultOut(command: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join('runs', `${command}-${day}-${time}`);
}

/** The content of config.json; a RunFolderError where there is no run. */
export function readConfig(path: string): TrainConfig {
  const file = join(path, names.config);
  if (!existsSync(file)) {
    throw new RunFolderError(`${path} is no run folder: it has no ${names.config}`, [
      'name the folder of one run, like runs/train-20261122-141502/batch-bs64-s1-77c0e2',
    ]);
  }
  return readJson(file) as TrainConfig;
}

/** The content of run.json; undefined where there is none. What a process left running when it died is interrupted. */
export function readRun(path: string): RunRecord | undefined {
  const file = join(path, names.run);
  if (!existsSync(file)) return undefined;
  const run = readJson(file) as RunRecord;
  const isLeft = run.status === 'running' && isGone(run.pid, run.host);
  return isLeft ? { ...run, status: 'interrupted' } : run;
}

export function checkpointPath(path: string): string {
  return join(path, names.checkpoint);
}

export function metricsPath(path: string): string {
  return join(path, names.metrics);
}

/** Writes JSON so that the file is either the old one or the new one, never a part. */
export function writeJson(file: string, value: unknown): void {
  writeWholeFile(file, `${toJson(value, 2)}\n`);
}

/** The first lines of metrics.jsonl, which a checkpoint counts on; an Error where they are not all there. */
export function firstLines(file: string, count: number): string {
  const whole = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  if (whole.length < count) {
    throw new Error(`${file} has ${whole.length} whole lines, the checkpoint needs ${count}`);
  }
  const kept = whole.slice(0, count);
  for (const line of kept) fromJson(line);
  return kept.map((line) => `${line}\n`).join('');
}

/** mkdir -p. Node's own `recursive` never returns where the file system answers ENOENT, as Linux's /proc does. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another run may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function refuseOther(path: string, config: TrainConfig): void {
  const file = join(path, names.config);
  if (!existsSync(file)) return;
  const theirs = decisiveFields(readJson(file) as TrainConfig) as Record<string, unknown>;
  const ours = decisiveFields(config) as Record<string, unknown>;
  const fields = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  const differing = fields.filter((field) => toJson(theirs[field]) !== toJson(ours[field]));
  if (differing.length === 0) return;
  throw new ConfigError('out', `${path} holds a run with another configuration (${differing.join(', ')})`, [
    'give every run a folder of its own, or delete that one',
  ]);
}

export function readJson(file: string): unknown {
  try {
    return fromJson(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RunFolderError(`${file} is not JSON: ${error.message}`, [
      'delete it, or choose another folder',
    ]);
  }
}

/** Says in words what the file system refused. */
export function guarded<T>(path: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    const hint =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'free some space, or choose a folder on another disk: --out DIR'
        : 'check the permissions, or choose another folder: --out DIR';
    throw new RunFolderError(`cannot write the run folder ${path}: ${message}`, [hint], { cause: error });
  }
}
