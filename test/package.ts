import { join } from 'node:path';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the package (setup.mjs). */
    package: string;
  }
}

/**
 * The package as npm would publish it, built once for all tests. What starts processes runs it instead of the source: it is
 * what users run, and it starts many times as quickly as tsx does.
 */
export const packageFolder = inject('package');

/** test/compiled.ts, compiled. */
export function compiled(): Promise<typeof import('./compiled.ts')> {
  return import(/* @vite-ignore */ join(packageFolder, 'compiled/compiled.js'));
}
