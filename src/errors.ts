/** A setting that cannot be used. `hint` says, line by line, what can. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';

  constructor(
    /** The field of the configuration; undefined where it is not one field's fault. */
    readonly field: string | undefined,
    readonly problem: string,
    readonly hint: readonly string[] = [],
  ) {
    super(field === undefined ? problem : `${field}: ${problem}`);
  }
}

/** A run folder that cannot be read or written. */
export class RunFolderError extends Error {
  override readonly name = 'RunFolderError';
  readonly code = 'RUN_FOLDER';

  constructor(
    message: string,
    readonly hint: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
