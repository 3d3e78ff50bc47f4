import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { jsonText } from '../../src/runs/files.ts';
import { createRunFolder } from '../../src/runs/folder.ts';
import { lockTaker } from '../../src/runs/lock/lock.ts';
import { readRun } from '../../src/runs/record.ts';
import { wallSeconds } from '../../src/runs/wallTime.ts';
import { resolveConfig } from '../../src/train/config.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-wall-'));
afterAll(() => rmSync(parent, { recursive: true }));

/** The folder of a run that ended so many seconds after midnight; without a result if it was not finished. */
function runFolder(end: number, seconds?: number): string {
  const path = mkdtempSync(join(parent, 'run-'));
  const lock = lockTaker()(path)!;
  const run = createRunFolder(path, resolveConfig({ dataset: 'synthetic' }), lock);
  const score = { loss: 1, accuracy: 0.5 };
  const scores = { test: score, train: score, best: null, diverged: null };
  const counts = { epochs: 1, steps: 1, parameters: 1, digest: '' };
  run.finish({
    status: seconds === undefined ? 'interrupted' : 'done',
    ...scores,
    ...counts,
    seconds: seconds ?? 0,
  });
  const ended = new Date(Date.UTC(2026, 0, 1) + 1000 * end).toISOString();
  writeFileSync(join(path, 'run.json'), jsonText({ ...readRun(path), ended }));
  lock.release();
  return path;
}

it('counts a second once, in which several runs were trained, and breaks not at all', () => {
  const together = [runFolder(10, 10), runFolder(8, 6), runFolder(14, 5)];
  const later = [runFolder(100, 3)];
  expect(wallSeconds([...later, ...together])).toBeCloseTo(14 + 3);
});

it('leaves out what is not finished', () => {
  mkdirSync(join(parent, 'empty'));
  expect(wallSeconds([join(parent, 'empty'), runFolder(10), runFolder(20, 2)])).toBeCloseTo(2);
  expect(wallSeconds([])).toBe(0);
});
