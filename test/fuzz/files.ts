import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { explain } from '../../src/cli/exit.ts';
import { readersFor } from './fileReaders.ts';
import { writeSample } from './fileSample.ts';
import { mutate, mutation } from './mutations.ts';

export interface FuzzReport {
  mutations: number;
  /** How often a command read a mutated file. */
  reads: number;
  refused: number;
  slowestMs: number;
}

/**
 * Changes one file after the other of a whole sample and has every command read it that reads such files. Each either works or
 * says in an error of this project, with advice, what is wrong; and nothing outside of the sample changes.
 */
export async function fuzzFiles(runs: number, seed: number): Promise<FuzzReport> {
  // Where there is a disk in memory: hundreds of files are flushed.
  const parent = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'normgrad-fuzz-'));
  const whole = join(parent, 'whole');
  const folder = join(parent, 'inner', 'sample');
  const victims = [join(parent, 'victim'), join(parent, 'inner', 'victim'), join(folder, 'victim')];
  const files = writeSample(whole).map((file) => ({ ...file, path: file.path.replace(whole, folder) }));
  const report: FuzzReport = { mutations: 0, reads: 0, refused: 0, slowestMs: 0 };
  /** What the readers write to. */
  const restore = () => {
    for (const part of ['sweep', 'begun']) {
      rmSync(join(folder, part), { recursive: true, force: true });
      cpSync(join(whole, part), join(folder, part), { recursive: true });
    }
  };
  const placeVictims = () => {
    for (const victim of victims) {
      mkdirSync(victim, { recursive: true });
      for (const name of ['metrics.jsonl', 'notes.txt']) writeFileSync(join(victim, name), 'precious');
    }
  };
  try {
    cpSync(whole, folder, { recursive: true });
    placeVictims();
    const outside = contentsOf(parent, folder);
    const property = fc.asyncProperty(fc.nat(files.length - 1), mutation, async (which, change) => {
      const { kind, path, content } = files[which];
      report.mutations++;
      for (const { name, read } of readersFor(kind)) {
        mutate(path, content, change);
        report.reads++;
        const begun = performance.now();
        try {
          await read(folder);
        } catch (error) {
          report.refused++;
          expect(problemOf(error, parent), `${name}: ${(error as Error).stack}`).toBeUndefined();
        }
        report.slowestMs = Math.max(report.slowestMs, performance.now() - begun);
        expect(contentsOf(parent, folder), `${name} changed something outside`).toEqual(outside);
        expect(contentsOf(join(folder, 'victim')), `${name} changed a victim`).toEqual(
          contentsOf(victims[0]),
        );
      }
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, content);
      const original = readFileSync(path.replace(folder, whole));
      expect(original.equals(content), 'a mutation changed what the next one begins with').toBe(true);
      if (/[/\\](begun|sweep)[/\\]/.test(path)) restore();
    });
    await fc.assert(property, { numRuns: runs, seed });
    return report;
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** What an error lacks that a user can do something with; undefined where it lacks nothing. */
function problemOf(error: unknown, parent: string): string | undefined {
  const { code, message, hint } = explain(error);
  const own = ['RunFolderError', 'ConfigError', 'DataError', 'UsageError', 'WeightsError'];
  if (!(error instanceof Error) || !own.includes(error.name)) return `${code}: not an error of this project`;
  if (error.name !== 'ConfigError' && !message.includes(parent)) return `names no file: ${message}`;
  if (hint.length === 0 && !/ must |\. [A-Z].*\.$/.test(message)) return `gives no advice: ${message}`;
  if (/undefined|is not a function|Cannot read prop|\[object/.test(message))
    return `has no words: ${message}`;
  return message.length > 2000 ? `is too long: ${message.length}` : undefined;
}

/** Every file below `folder` but `without`, with its content. */
function contentsOf(folder: string, without?: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      if (path === without || name === 'whole') return [];
      if (statSync(path).isDirectory()) return Object.entries(contentsOf(path, without));
      return [[path.slice(path.indexOf('victim')), readFileSync(path, 'utf8')]];
    }),
  );
}
