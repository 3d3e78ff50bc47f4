export type DataErrorCode = 'DATA_MISSING' | 'DATA_INVALID' | 'DOWNLOAD_FAILED';

/** Data that is not there, is not what its name says, or could not be fetched. `hint` says, line by line, what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly code: DataErrorCode;
  readonly hint: readonly string[];

  constructor(code: DataErrorCode, message: string, hint: readonly string[] = [], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** Throws a DataError unless what is wanted of some data, or of what is to be done with it, holds. */
export function requireValid(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new DataError('DATA_INVALID', problem);
}

/** A file whose content is wrong: names the file, what came, what was expected and what to do. */
export function invalidFile(
  file: string,
  came: string,
  expected: string,
  todo: string,
  options?: ErrorOptions,
): DataError {
  return new DataError('DATA_INVALID', `${file}: got ${came}, expected ${expected}. ${todo}`, [], options);
}
