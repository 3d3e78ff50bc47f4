import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeWholeFile } from '../src/wholeFile.node.ts';
import { packageFolder } from './package.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgrad-whole-file-'));
  file = join(folder, 'file');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('holds what one of two writers at once has written, whole at any time', async () => {
  const module = JSON.stringify(pathToFileURL(join(packageFolder, 'dist/src/wholeFile.node.js')));
  const writers = ['a', 'b'].map((letter) => {
    const code = `import { writeWholeFile } from ${module};
      for (let i = 0; i < 50; i++) writeWholeFile(${JSON.stringify(file)}, '${letter}'.repeat(100_000));`;
    return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
  });
  writeWholeFile(file, 'c'.repeat(100_000));
  const readers = setInterval(() => expect(isWhole(readFileSync(file, 'utf8'))).toBe(true), 2);
  const codes = await Promise.all(writers.map((writer) => once(writer, 'exit')));
  clearInterval(readers);
  expect(codes.map(([code]) => code)).toEqual([0, 0]);
  expect(readFileSync(file, 'utf8')).toMatch(/^(a{100000}|b{100000})$/);
  expect(readdirSync(folder)).toEqual(['file']);
});

it('leaves the old file whole, and nothing beside it, when a write fails', () => {
  mkdirSync(file);
  writeWholeFile(join(file, 'old'), 'old');
  // A file cannot take the place of a folder that is not empty.
  expect(() => writeWholeFile(file, 'new')).toThrow();
  expect(readFileSync(join(file, 'old'), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['file']);
});

function isWhole(text: string): boolean {
  return /^(a{100000}|b{100000}|c{100000})$/.test(text);
}
