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
 * what users run, and it starts four times as quickly as tsx does.
 */
export const packageFolder = inject('package');

/** The compiled module of a source file, `src/runs/sweep/run.ts`. */
export function compiled<Module>(source: string): Promise<Module> {
  return import(/* @vite-ignore */ join(packageFolder, 'dist', source.replace(/\.ts$/, '.js')));
}
