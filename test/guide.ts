import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ExpectStatic } from 'vitest';
import { packageFolder } from './package.ts';

/**
 * docs/guide.md does what it says. A block behind `<!-- file: NAME -->` is a file, `<!-- with: NAMES -->` brings files of earlier
 * sections, and a sh block is run line by line: what stands below a line with `$` is what it prints, `…` being anything. Every
 * section has a folder of its own. A block whose info string ends in `skip` is left out.
 */
const guide = readFileSync(join(import.meta.dirname, '../docs/guide.md'), 'utf8');

interface Block {
  file: string | undefined;
  info: string;
  text: string;
}

export interface Section {
  title: string;
  blocks: Block[];
  /** Names of files of earlier sections. */
  borrowed: string[];
}

export const sections = guide
  .split(/^## /m)
  .slice(1)
  .map(
    (text): Section => ({
      title: text.slice(0, text.indexOf('\n')),
      blocks: [...text.matchAll(/(?:^<!-- file: (\S+) -->\n)?^```([^\n]*)\n(.*?)^```$/gms)].map(
        ([, file, info, body]) => ({
          file,
          info,
          text: body,
        }),
      ),
      borrowed: [...text.matchAll(/^<!-- with: (.*) -->$/gm)].flatMap(([, names]) => names.split(' ')),
    }),
  );
const files = new Map(
  sections.flatMap(({ blocks }) => blocks.flatMap(({ file, text }) => (file ? [[file, text]] : []))),
);

/** Each line with `$`, and the lines below it up to the next. */
function commandsOf({ blocks }: Section): { command: string; output: string }[] {
  const scripts = blocks.filter(({ info }) => info === 'sh').map(({ text }) => text);
  return scripts.flatMap((text) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return { command: part.slice(0, end), output: part.slice(end + 1) };
      }),
  );
}

/** What a command prints in a shell, where normgrad is the package as it would be published. */
export function inShell(command: string, cwd: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${packageFolder}${delimiter}${process.env.PATH}`,
    NO_COLOR: '1',
    // Its runs are small, and many at a time.
    NORMGRAD_THREADS: '1',
    NORMGRAD_LAUNCHER: '',
  };
  const child = spawn('sh', ['-c', `${command} 2>&1`], { cwd, env });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  return new Promise((resolve) => child.on('close', () => resolve(written)));
}

/** Whether the lines are those of the guide: `…` alone in a line is any number of lines, in a line anything. */
function isShown(shown: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return printed.length === 0;
  if (first === '…') return printed.some((_, i) => isShown(rest, printed.slice(i))) || rest.length === 0;
  if (printed.length === 0) return false;
  const escaped = first.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
  return new RegExp(`^${escaped}$`).test(printed[0]) && isShown(rest, printed.slice(1));
}

/** Writes the files of a section below `parent` and runs its commands there. */
export async function checkSection(
  section: Section,
  parent: string,
  run: (command: string, cwd: string) => Promise<string>,
  expect: ExpectStatic,
): Promise<void> {
  const folder = join(parent, section.title.replace(/\W+/g, '-'));
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(packageFolder, join(folder, 'node_modules/normgrad'));
  for (const name of section.borrowed) writeFileSync(join(folder, name), files.get(name)!);
  for (const { file, text } of section.blocks) if (file) writeFileSync(join(folder, file), text);
  const commands = commandsOf(section);
  expect(commands.length + section.blocks.filter(({ info }) => info.endsWith('skip')).length).toBeGreaterThan(
    0,
  );
  for (const { command, output } of commands) {
    const printed = await run(command, folder);
    const lines = (text: string) => text.trimEnd().split('\n');
    // What was printed, where it is not what the guide shows
    expect(isShown(lines(output), lines(printed)) ? output : printed, command).toBe(output);
  }
}
