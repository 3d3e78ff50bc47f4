import { EXIT } from './exit.ts';

/** Ctrl-C in a terminal may arrive twice, once from a parent process: that is one press. */
const SAME_PRESS_MS = 100;

interface Interrupt {
  /** Aborted by the first signal, or when nobody reads the output any more. */
  signal: AbortSignal;
  /** 130 and the like (exit.ts) once that has come. */
  exitCode(): number | undefined;
  /** Gives the signals back to Node, which ends the process at once. */
  release(): void;
}

const signals = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
} as const;

/** Stops the command that catches interrupts now. */
let stopCommand: ((exitCode: number) => void) | undefined;

/**
 * Turns the first Ctrl-C into an AbortSignal, with `onFirst` called; the second ends the process at once. So it does with
 * SIGTERM, with SIGHUP, of which the shell and the terminal send one each, and with an output that cannot be written.
 */
export function catchInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let code: number | undefined;
  let first = 0;
  const stop = (exitCode: number) => {
    if (code !== undefined) return false;
    code = exitCode;
    first = performance.now();
    controller.abort();
    onFirst();
    return true;
  };
  const handle = (name: NodeJS.Signals) => {
    const exitCode = signals[name as keyof typeof signals];
    const isAgain = !stop(exitCode) && name !== 'SIGHUP' && performance.now() - first > SAME_PRESS_MS;
    if (isAgain) process.exit(exitCode);
  };
  for (const name of Object.keys(signals)) process.on(name, handle);
  stopCommand = stop;
  return {
    signal: controller.signal,
    exitCode: () => code,
    release() {
      for (const name of Object.keys(signals)) process.off(name, handle);
      stopCommand = undefined;
    },
  };
}

/**
 * What becomes of a command that cannot write to stdout or stderr: one that would have ended by itself ends now, without a
 * word, since `| head` has read enough; a run writes its checkpoint first. A full disk is an error, and is named.
 */
export function endOutput(stream: NodeJS.WritableStream, error: NodeJS.ErrnoException): void {
  // EIO: of a terminal that was closed.
  const isUnread = ['EPIPE', 'ECONNRESET', 'EIO', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '');
  if (stopCommand) stopCommand(isUnread ? EXIT.brokenPipe : EXIT.data);
  if (!isUnread && stream === process.stdout && !isTold) {
    isTold = true;
    process.stderr.write(`error: cannot write the output: ${error.message}\n`);
  }
  if (!stopCommand) process.exit(isUnread ? (process.exitCode ?? EXIT.ok) : EXIT.data);
}

let isTold = false;
