import { CommanderError } from 'commander';
import { EXIT, explain } from './exit.ts';
import { createOutput, fitted } from './output.ts';
import { runCommand } from './program.ts';

/** The process of the command line: runs a command, and writes what went wrong. */

/** Writes what went wrong, and sets the exit code. */
function report(error: unknown, args: string[]): void {
  // Help and version are thrown too, having been written.
  if (error instanceof CommanderError && error.exitCode === 0) return;
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

// `normgrad … | head`: the reader has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

// Workers of a sweep name commands as their parent was called (typed.node.ts).
process.env.NORMGRAD_LAUNCHER ??= process.argv[1];
const args = process.argv.slice(2);
try {
  await runCommand(args);
} catch (error) {
  report(error, args);
}
