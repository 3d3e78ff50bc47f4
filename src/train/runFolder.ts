import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { TrainConfig } from './config.ts';
import { ConfigError, RunFolderError } from './errors.ts';
import { fromJson, type MetricsLine, toJson } from './metrics.ts';
import { sourceVersion, version } from './package.ts';
import type { RunStatus, TrainResult } from './result.ts';
import { decisiveFields } from './runName.ts';

/**
 * One run, one folder:
 *   config.json     the resolved configuration: running it again gives the same weights
 *   run.json        how and where it ran, and its status
 *   metrics.jsonl   a line for every few steps and every epoch, appended as the run goes (metrics.ts)
 *   result.json     what came out; it exists if and only if the run is finished (done or diverged)
 * All but metrics.jsonl are written beside and renamed, so that no reader ever sees half a file.
 */
export interface RunFolder {
  readonly path: string;
  append(line: MetricsLine): void;
  /** Ends the run: result.json unless it was interrupted, then the status in run.json. */
  finish(result: TrainResult): void;
  /** Ends the run that threw. */
  fail(error: unknown): void;
}

const names = { config: 'config.json', run: 'run.json', metrics: 'metrics.jsonl', result: 'result.json' };

/**
 * Makes the folder for a run of `config`. An earlier run of the same configuration in it is replaced; one of another
 * configuration is left alone, and an error.
 */
export function createRunFolder(path: string, config: TrainConfig, argv: readonly string[] = []): RunFolder {
  return guarded(path, () => {
    makeFolder(path);
    refuseOther(path, config);
    rmSync(join(path, names.result), { force: true });
    const run = {
      status: 'running' as RunStatus | 'running' | 'failed',
      command: ['normgrad', ...argv].join(' '),
      started: new Date().toISOString(),
      ended: null as string | null,
      error: null as string | null,
      pid: process.pid,
      host: hostname(),
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      normgrad: version,
      git: sourceVersion(),
    };
    const writeRun = () => writeJson(join(path, names.run), run);
    writeJson(join(path, names.config), config);
    writeRun();
    writeFileSync(join(path, names.metrics), '');

    return {
      path,
      append: (line) => guarded(path, () => appendFileSync(join(path, names.metrics), `${toJson(line)}\n`)),
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

/** The content of result.json; undefined for a run that is not finished. */
export function readResult(path: string): TrainResult | undefined {
  const file = join(path, names.result);
  return existsSync(file) ? (readJson(file) as TrainResult) : undefined;
}

/** `runs/train-20261122-141502`: where the runs of one command go if it is not told. */
export function defaultOut(command: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join('runs', `${command}-${day}-${time}`);
}

/** Writes JSON so that the file is either the old one or the new one, never a part. */
export function writeJson(file: string, value: unknown): void {
  const unfinished = `${file}.tmp`;
  try {
    writeFileSync(unfinished, `${toJson(value, 2)}\n`, { flush: true });
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
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

function readJson(file: string): unknown {
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
