import { asCodeError } from '../train/code/place.ts';

/** Exit codes of the command line. */
export const EXIT = {
  ok: 0,
  /** The thing that was checked is not so: a gradient, a golden number, a run that diverged. */
  failed: 1,
  usage: 2,
  /** Data, network or disk. */
  data: 3,
  bug: 70,
  /** 128 and the number of the signal: the terminal was closed, Ctrl-C, nobody reads the output of an unfinished run, kill. */
  hungUp: 129,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;

/** An error as the user sees it. */
interface Explained {
  exitCode: number;
  /** For programs: `DATA_MISSING`. */
  code: string;
  message: string;
  /** What can be done, line by line. */
  hint: readonly string[];
}

/** What is wrong with the arguments of a command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';

  constructor(
    message: string,
    readonly hint: readonly string[] = [],
  ) {
    super(message);
  }
}

/**
 * Sorts errors by who can mend them. This project throws plain Errors, and its own subclasses with a code, for what the
 * user can mend; JavaScript itself throws TypeError, RangeError and the like, which are bugs of ours.
 */
export function explain(thrown: unknown): Explained {
  const error = asCodeError(thrown);
  if (!(error instanceof Error)) {
    return { exitCode: EXIT.bug, code: 'BUG', message: `threw ${String(error)}`, hint: bugHint };
  }
  const { message } = error;
  const { code, hint = [] } = error as { code?: string; hint?: readonly string[] };
  switch (error.name) {
    case 'DataError':
    case 'RunFolderError':
    case 'WeightsError':
    case 'QueueError':
    case 'PytorchError':
      return { exitCode: EXIT.data, code: code!, message, hint };
    case 'CodeError':
    case 'ConfigError':
    case 'UsageError':
    case 'GoldenFileError':
      return { exitCode: EXIT.usage, code: code!, message, hint };
  }
  if (code?.startsWith('commander.')) {
    const [first, ...rest] = message.replace(/^error: /, '').split('\n');
    const didYouMean = rest.map((line) => line.replace(/^\(Did you mean (.*)\?\)$/, 'did you mean $1?'));
    return { exitCode: EXIT.usage, code: 'USAGE', message: first, hint: didYouMean };
  }
  if ((error as NodeJS.ErrnoException).syscall !== undefined) {
    return {
      exitCode: EXIT.data,
      code: code!,
      message,
      hint: ['check the path, the permissions and the disk'],
    };
  }
  if (error.constructor === Error) return { exitCode: EXIT.usage, code: 'CONFIG_INVALID', message, hint };
  return { exitCode: EXIT.bug, code: 'BUG', message: `${error.name}: ${message}`, hint: bugHint };
}

const bugHint = [
  'this is a bug in normgrad, not in what you typed; please report it with the command and its output',
  'the stack is shown with --verbose',
];
