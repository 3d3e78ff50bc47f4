import { DataError, type DataErrorCode } from '../../data/errors.ts';
import { CodeError, RunFolderError, WeightsError } from '../../errors.ts';

/** An error that every run of a sweep would meet, on its way from a worker (process.ts) to its parent (run.ts). */
export interface Fatal {
  name: string;
  code: string;
  message: string;
  hint: readonly string[];
}

const classes = [CodeError, RunFolderError, WeightsError];

/** undefined for an error that is one run's, or a fault of ours. */
export function fatalOf(error: unknown): Fatal | undefined {
  const known = [DataError, ...classes].find((Class) => error instanceof Class);
  if (known === undefined) return undefined;
  const { name, code, message, hint } = error as Fatal;
  return { name, code, message, hint };
}

/** The same error again, in the parent. */
export function errorOf({ name, code, message, hint }: Fatal): Error {
  if (name === 'DataError') return new DataError(code as DataErrorCode, message, hint);
  const Class = classes.find((each) => each.name === name)!;
  return new Class(message, hint);
}
