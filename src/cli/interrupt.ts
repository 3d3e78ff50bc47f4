import { EXIT } from './exit.ts';

/** Ctrl-C in a terminal may arrive twice, once from a parent process: that is one press. */
const SAME_PRESS_MS = 100;

interface Interrupt {
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
  /** 130 or 143 once a signal has come. */
  exitCode(): number | undefined;
  /** Gives the signals back to Node, which ends the process at once. */
  release(): void;
}

/** Turns the first Ctrl-C into an AbortSignal, with `onFirst` called; the second ends the process at once. */
export function catchInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let code: number | undefined;
  let first = 0;
  const handle = (exitCode: number) => () => {
    if (code === undefined) {
      code = exitCode;
      first = performance.now();
      controller.abort();
      onFirst();
    } else if (performance.now() - first > SAME_PRESS_MS) {
      process.exit(exitCode);
    }
  };
  const onInt = handle(EXIT.interrupted);
  const onTerm = handle(EXIT.terminated);
  process.on('SIGINT', onInt);
  process.on('SIGTERM', onTerm);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release() {
      process.off('SIGINT', onInt);
      process.off('SIGTERM', onTerm);
    },
  };
}
