/** What the errors of a file system mean to a lock, on local disks and on those of a network. */

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The file does not exist; NFS says it with ESTALE, too. */
export function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ESTALE';
}

/** What may be over at the next try. */
export function mayPass(error: unknown): boolean {
  return passing.has(codeOf(error));
}

const passing = new Set<string | undefined>([
  'EIO',
  'EAGAIN',
  'EBUSY',
  'EINTR',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EREMOTEIO',
  'ENFILE',
  'EMFILE',
]);

/** undefined where the file does not exist: another process may remove it at any moment. */
export function ifThere<T>(fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** undefined where it does not work. */
export function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn();
  } catch {
    return undefined;
  }
}
