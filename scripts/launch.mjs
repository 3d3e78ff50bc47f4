import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { ensureInstalled, root } from './install.mjs';

/**
 * Runs the command line from its TypeScript source, in a process of its own because `--conditions` can only be given
 * at the start of one. Exit code and signals pass through; stdout is the command's alone.
 */
export function launch(args, cwd = process.cwd()) {
  ensureInstalled();
  const child = spawn(
    process.execPath,
    [
      '--import',
      // A URL, not a name: a name would be looked up from the user's folder.
      import.meta.resolve('tsx'),
      '--conditions=normgrad-source',
      join(root, 'src/cli/main.ts'),
      ...args,
    ],
    // The channel tells the child when this process is killed. Without TSX_TSCONFIG_PATH, tsx would apply the tsconfig.json of
    // the folder the user happens to be in. NORMGRAD_LAUNCHER: hints name commands as this one was called (src/typed.node.ts).
    {
      cwd,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        TSX_TSCONFIG_PATH: join(root, 'tsconfig.json'),
        NORMGRAD_LAUNCHER: process.argv[1],
      },
    },
  );

  // Ctrl-C reaches every process of the terminal, the child too: sent on, it would count as pressed twice, which
  // means "quit at once". Without a terminal the signal comes to this process alone and is sent on.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const handlers = {
    SIGINT: () => hasTerminal || child.kill('SIGINT'),
    SIGTERM: () => child.kill('SIGTERM'),
    SIGHUP: () => child.kill('SIGHUP'),
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);

  child.on('error', (error) => {
    process.stderr.write(`error: normgrad: cannot start ${process.execPath}: ${error.message}\n`);
    process.exitCode = 70;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    // Die of the same signal, so that the caller sees what happened.
    for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
    process.kill(process.pid, signal);
  });
}

/** The folder the user is in: npm runs a script in the package's root and keeps the user's folder in INIT_CWD. */
export function userFolder() {
  const byNpm = ['start', 'normgrad'].includes(process.env.npm_lifecycle_event);
  const inRoot = relative(root, process.cwd()) === '';
  return (byNpm && inRoot && process.env.INIT_CWD) || process.cwd();
}
