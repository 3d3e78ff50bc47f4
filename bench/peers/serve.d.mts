import type { Case } from '../cases.ts';

export function serve(
  version: string,
  make: (benchCase: Case, start?: string) => (() => unknown) | Promise<() => unknown>,
): Promise<void>;
