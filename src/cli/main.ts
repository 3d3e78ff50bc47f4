import { endOutput } from './interrupt.ts';
import { runCommand } from './program.ts';

/** The process of the command line. */

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => endOutput(stream, error));
}

// The process that started this one (scripts/launch.mjs) was killed: nobody could stop this one any more.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();

// Workers of a sweep name commands as their parent was called (typed.node.ts).
process.env.NORMGRAD_LAUNCHER ??= process.argv[1];
await runCommand(process.argv.slice(2));
