import { EXIT } from './exit.ts';
import { runCommand } from './program.ts';

/** The process of the command line. */

// `normgrad … | head`: the reader has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

// Workers of a sweep name commands as their parent was called (typed.node.ts).
process.env.NORMGRAD_LAUNCHER ??= process.argv[1];
await runCommand(process.argv.slice(2));
