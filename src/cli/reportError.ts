import { explain } from './exit.ts';
import { createOutput, fitted } from './output.ts';

/** Writes what went wrong, in one form for people and one for programs, and sets the exit code. */
export function reportError(error: unknown, args: readonly string[]): void {
  const { exitCode, code, message, hint } = explain(error);
  const output = createOutput({
    json: args.includes('--json'),
    color: args.includes('--no-color') ? false : args.includes('--color') || undefined,
  });
  process.exitCode = exitCode;
  output.event('error', { code, message, hint: hint.join('\n'), exitCode });
  if (output.json) return;
  const lines = [`${output.stderr.red('error:')} ${message}`, ...hint.map((line) => `  ${line}`)];
  const verbose = args.includes('--verbose') || args.includes('-v');
  if (verbose && error instanceof Error) lines.push('', error.stack ?? '');
  process.stderr.write(`${fitted(lines.join('\n'), process.stderr)}\n`);
}
