import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, RunFolderError } from '../../src/errors.ts';
import { writeJson } from '../../src/runs/files.ts';
import { createRunFolder, defaultOut } from '../../src/runs/folder.ts';
import { readResult, readRun } from '../../src/runs/record.ts';
import { resolveConfig } from '../../src/train/config.ts';
import { type MetricsLine, readMetrics } from '../../src/train/metrics.ts';
import type { TrainResult } from '../../src/train/result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = resolveConfig({ dataset: 'synthetic' });
const line: MetricsLine = { t: 'step', step: 1, epoch: 1, train: { loss: 2, accuracy: 0.1 }, lr: 0.1, ms: 3 };
const result: TrainResult = {
  status: 'done',
  test: { loss: 1, accuracy: 0.5 },
  train: { loss: 1, accuracy: 0.5 },
  best: { loss: 1, accuracy: 0.5, epoch: 1 },
  diverged: null,
  epochs: 1,
  steps: 1,
  digest: '0123456789abcdef',
  parameters: 10,
  seconds: 1,
};
const status = (path: string) => JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')).status;

describe('createRunFolder', () => {
  it('has a result exactly when the run is finished', () => {
    const run = createRunFolder(join(folder, 'a', 'b'), config);
    expect(status(run.path)).toBe('running');
    expect(readResult(run.path)).toBeUndefined();
    run.append(line);
    run.finish(result);
    expect(status(run.path)).toBe('done');
    expect(readResult(run.path)).toEqual(result);
    expect(readMetrics(join(run.path, 'metrics.jsonl'))).toEqual([line]);
    expect(readdirSync(run.path).sort()).toEqual(['config.json', 'metrics.jsonl', 'result.json', 'run.json']);
  });

  it('has no result after an interruption or an error', () => {
    const run = createRunFolder(folder, config);
    run.finish({ ...result, status: 'interrupted' });
    expect(status(folder)).toBe('interrupted');
    expect(readResult(folder)).toBeUndefined();
    run.fail(new Error('broken'));
    expect(status(folder)).toBe('failed');
  });

  it('was interrupted if its process died without a word', () => {
    createRunFolder(folder, config);
    expect(readRun(folder)!.status).toBe('running');
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeJson(join(folder, 'run.json'), { ...readRun(folder), pid });
    expect(readRun(folder)!.status).toBe('interrupted');
    // Of a process on another machine nothing is known.
    writeJson(join(folder, 'run.json'), { ...readRun(folder), status: 'running', host: 'elsewhere' });
    expect(readRun(folder)!.status).toBe('running');
  });

  it('keeps numbers that JSON has no words for', () => {
    const run = createRunFolder(folder, config);
    const diverged = { step: 3, epoch: 1, loss: Number.NaN };
    run.finish({ ...result, status: 'diverged', test: null, diverged });
    expect(readResult(folder)).toMatchObject({ status: 'diverged', diverged });
  });

  it('replaces an earlier run of the same configuration', () => {
    createRunFolder(folder, config).finish(result);
    createRunFolder(folder, config);
    expect(readResult(folder)).toBeUndefined();
  });

  it('leaves a run of another configuration alone', () => {
    createRunFolder(folder, config).finish(result);
    expect(() => createRunFolder(folder, { ...config, lr: 7 })).toThrow(ConfigError);
    expect(() => createRunFolder(folder, { ...config, lr: 7 })).toThrow('another configuration (lr)');
    expect(readResult(folder)).toEqual(result);
  });

  it('says what is wrong with a folder that cannot be made or read', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => createRunFolder(join(file, 'run'), config)).toThrow(RunFolderError);
    expect(() => createRunFolder(join(file, 'run'), config)).toThrow(/cannot write the run folder .*file/);
    writeFileSync(join(folder, 'config.json'), '{"dataset":');
    expect(() => createRunFolder(folder, config)).toThrow(/config\.json is not JSON/);
  });
});

describe('writeJson', () => {
  it('leaves the old file whole when writing fails', () => {
    const file = join(folder, 'x.json');
    writeJson(file, { a: 1 });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(() => writeJson(file, cyclic)).toThrow();
    expect(readFileSync(file, 'utf8')).toBe('{\n  "a": 1\n}\n');
    expect(existsSync(`${file}.tmp`)).toBe(false);
  });
});

describe('readMetrics', () => {
  const file = () => join(folder, 'metrics.jsonl');
  const text = JSON.stringify(line);

  it('leaves out a torn last line', () => {
    writeFileSync(file(), `${text}\n${text}\n${text.slice(0, 20)}`);
    expect(readMetrics(file())).toEqual([line, line]);
  });

  it('refuses a file that is damaged elsewhere', () => {
    writeFileSync(file(), `${text}\n${text.slice(0, 20)}\n${text}\n`);
    expect(() => readMetrics(file())).toThrow('line 2 is not JSON');
  });
});

it('defaultOut names the command and the local time', () => {
  expect(defaultOut('train', new Date(2026, 10, 2, 4, 5, 6))).toBe(join('runs', 'train-20261102-040506'));
});
