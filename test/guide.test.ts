import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { forgetCode } from '../src/train/code/load.ts';
import { inProcess } from './cli/inProcess.ts';
import { checkSection, inShell, sections } from './guide.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-guide-'));
afterAll(() => {
  forgetCode();
  rmSync(parent, { recursive: true });
});

it('has sections, and in them at most 15 lines of code', () => {
  expect(sections.length).toBeGreaterThan(5);
  for (const { blocks } of sections) {
    for (const { file, text } of blocks) {
      const lines = text
        .trim()
        .split('\n')
        .filter((line) => line.trim() !== '');
      if (file !== undefined) expect(lines.length, file).toBeLessThanOrEqual(15);
    }
  }
});

it.each(sections)('$title: does what it says', (section) => checkSection(section, parent, run, expect));

/** In this process, which spares the start of thirty; but for what starts others itself, and what is no command of ours. */
async function run(command: string, folder: string): Promise<string> {
  const [name, ...args] = command.split(' ');
  if (name !== 'normgrad' || args[0] === 'experiment') return inShell(command, folder);
  const before = process.cwd();
  process.chdir(folder);
  try {
    return (await inProcess(args)).all;
  } finally {
    process.chdir(before);
  }
}
