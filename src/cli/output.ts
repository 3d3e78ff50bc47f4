import type { Command } from 'commander';
import { type TerminalColors, terminalColors } from '../charts/terminalColors.ts';
import { wrapLines } from '../charts/text.ts';
import { toJson } from '../json.ts';

/** The options that every command has. */
interface GlobalOptions {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  /** true: --color, false: --no-color. */
  color?: boolean;
}

/**
 * Where a command's words go: results to stdout, progress and messages to stderr. With --json, stdout carries one JSON
 * object per line and stderr nothing.
 */
export interface Output {
  json: boolean;
  /** Messages and progress are wanted on stderr. */
  talks: boolean;
  verbose: boolean;
  /** A result for people. */
  result(text: string): void;
  /** A result in a format of its own, such as SVG: not wrapped. */
  raw(text: string): void;
  /** A message for people, on stderr; not with --quiet. */
  note(text: string): void;
  /** A message that --quiet does not silence. */
  warn(text: string): void;
  /** A result or an event for programs. */
  event(type: string, content: object): void;
  stdout: TerminalColors;
  stderr: TerminalColors;
}

export function createOutput({ json = false, quiet = false, verbose = false, color }: GlobalOptions): Output {
  const stderr = terminalColors({ stream: process.stderr, flag: color });
  const talks = !json && !quiet;
  const output: Output = {
    json,
    talks,
    verbose,
    result(text) {
      if (!json) process.stdout.write(`${fitted(text, process.stdout)}\n`);
    },
    raw(text) {
      if (!json) process.stdout.write(`${text}\n`);
    },
    note(text) {
      if (talks) process.stderr.write(`${fitted(text, process.stderr)}\n`);
    },
    warn(text) {
      if (json) output.event('warning', { message: text });
      else process.stderr.write(`${fitted(`${stderr.yellow('warning:')} ${text}`, process.stderr)}\n`);
    },
    event(type, content) {
      if (json) process.stdout.write(`${toJson({ type, ...content })}\n`);
    },
    stdout: terminalColors({ stream: process.stdout, flag: color }),
    stderr,
  };
  return output;
}

/** The output that the flags of `command` and of the program ask for. */
export function outputOf(command: Command): Output {
  return createOutput(command.optsWithGlobals<GlobalOptions>());
}

/** Text whose lines fit into a terminal; elsewhere a line stays one, for whoever searches it. */
export function fitted(text: string, stream: { isTTY?: boolean; columns?: number }): string {
  return stream.isTTY ? wrapLines(text, columns(stream), 2) : text;
}

/** Columns of a terminal, 40 to `most`; `elsewhere` where there is none. */
export function columns(stream: { columns?: number }, { elsewhere = 80, most = 120 } = {}): number {
  return Math.min(Math.max(stream.columns ?? elsewhere, 40), most);
}
