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

/** A file whose content is wrong: names the file, what came, what was expected and what to do. */
export function invalidFile(file: string, came: string, expected: string, todo: string): DataError {
  return new DataError('DATA_INVALID', `${file}: got ${came}, expected ${expected}. ${todo}`);
}
