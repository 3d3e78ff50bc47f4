import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { TrainConfig } from '../train/config.ts';
import { type MetricsLine, toJson } from '../train/metrics.ts';
import type { TrainResult } from '../train/result.ts';
import { flushFile, writeWholeFile } from '../wholeFile.node.ts';
import { guarded, makeFolder, writeJson } from './files.ts';
import { decisiveFields } from './name.ts';
import { firstLines, type HowItRan, readConfig, readRun, runFiles } from './record.ts';
import { sourceVersion, version } from './version.ts';

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

interface RunFolderOptions {
  /** What was typed. */
  argv?: readonly string[];
  /** Go on with the run in the folder, of which this many steps and lines of metrics are kept. */
  resume?: { steps: number; lines: number };
  /** Checksum of the images. */
  data?: string;
}

/**
 * Makes the folder for a run of `config`. An earlier run of the same configuration in it is replaced unless it is resumed; one
 * of another configuration is left alone, and an error.
 */
export function createRunFolder(
  path: string,
  config: TrainConfig,
  { argv = [], resume, data }: RunFolderOptions = {},
): RunFolder {
  return guarded(path, () => {
    makeFolder(path);
    refuseOther(path, config);
    const files = runFiles(path);
    const { metrics } = files;
    const kept = resume ? firstLines(metrics, resume.lines) : '';
    const before = resume && readRun(path);
    rmSync(files.result, { force: true });
    if (!resume) rmSync(files.checkpoint, { force: true });
    const now = new Date().toISOString();
    const run: HowItRan = {
      ...newRecord(argv),
      ...(before ? { command: before.command, started: before.started } : {}),
      data,
      resumed: [...(before?.resumed ?? []), ...(resume ? [{ step: resume.steps, at: now }] : [])],
    };
    const writeRun = () => writeJson(files.run, run);
    writeJson(files.config, config);
    writeRun();
    writeWholeFile(metrics, kept);
    let lines = resume?.lines ?? 0;
    const end = (how: Partial<HowItRan>) => {
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
      flush: () => guarded(path, () => flushFile(metrics)),
      finish: (result) =>
        guarded(path, () => {
          if (result.status !== 'interrupted') writeJson(files.result, result);
          end({ status: result.status });
        }),
      fail: (error) =>
        guarded(path, () =>
          end({ status: 'failed', error: error instanceof Error ? error.message : String(error) }),
        ),
    };
  });
}

/** Says in run.json that the run failed, where it could not say so itself: it was never built, or its process died. */
export function recordFailure(path: string, message: string): void {
  guarded(path, () => {
    makeFolder(path);
    const record = readRun(path) ?? newRecord([]);
    const ended = new Date().toISOString();
    writeJson(runFiles(path).run, { ...record, status: 'failed', error: message, ended });
  });
}

function newRecord(argv: readonly string[]): HowItRan {
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
  const theirs = decisiveFields(readConfig(path)) as Record<string, unknown>;
  const ours = decisiveFields(config) as Record<string, unknown>;
  const fields = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  const differing = fields.filter((field) => toJson(theirs[field]) !== toJson(ours[field]));
  if (differing.length === 0) return;
  throw new ConfigError('out', `${path} holds a run with another configuration (${differing.join(', ')})`, [
    'give every run a folder of its own, or delete that one',
  ]);
}
